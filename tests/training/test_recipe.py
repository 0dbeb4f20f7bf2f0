"""Recipes are restored from JSON, and valid for any amount of data and time."""

import json
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from opsin.core import ModelFileError
from opsin.data import Augmentation, Photometric
from opsin.plan import TrainingSetup, default_recipe
from opsin.tasks import Classify, Regress, Segment
from opsin.training import Recipe, Regularization

TASK = Classify(("a", "b"))


def test_json_round_trip():
    recipe = Recipe(
        64,
        2.5,
        0.1,
        1e-3,
        Regularization(0.1, 0.2, 0.3),
        Augmentation(True, photometric=Photometric(0.5)),
        (0.5, 2.0),
        3,
    )
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": None, "extra": 1},
        {"augmentation": {"spin": 1}},
        {"augmentation": {"photometric": 3}},
        {"regularization": 3},
        {"unknown": 1},
    ],
)
def test_other_fields_are_refused(change):
    data = {**Recipe(8, 1).to_json(), **change}
    with pytest.raises(ModelFileError, match="recipe"):
        Recipe.from_json(data)


@settings(deadline=None)
@given(
    st.integers(1, 10**7), st.integers(9, 512), st.booleans(),
    st.none() | st.floats(1, 1e9), st.none() | st.floats(0.1, 500),
)  # fmt: skip
def test_every_situation_has_a_recipe(count, side, mirror, affordable, epochs):
    recipe = default_recipe(TrainingSetup(count, side, mirror, affordable, epochs), TASK)
    assert 1 <= recipe.batch_size <= min(512, count) and recipe.epochs > 0
    assert recipe.muon_lr > 0 and recipe.adamw_lr > 0
    assert recipe.augmentation.hflip == mirror and recipe.augmentation.random_erasing < side
    if epochs is not None:
        assert recipe.epochs == epochs
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_time_becomes_epochs():
    assert default_recipe(TrainingSetup(1000, 32, True, 30_000), TASK).epochs == pytest.approx(30)


def test_the_task_decides_augmentation_smoothing_and_pixels_in_a_batch():
    setup = TrainingSetup(1000, 512, True, 10**6, rotate90=True)
    numbers, masks = default_recipe(setup, Regress(("n",), (0.0,), (1.0,))), default_recipe(setup, Segment(("a", "b")))
    assert numbers.augmentation.rotate90 and numbers.augmentation.scale == 0 < masks.augmentation.scale
    assert masks.batch_size == 8 < numbers.batch_size and masks.regularization.label_smoothing == 0
    assert default_recipe(setup, TASK).regularization.label_smoothing > 0


def test_few_steps_are_taken_at_the_full_rate():
    few, many = (default_recipe(TrainingSetup(160, 128, True, images), TASK) for images in (2_000, 200_000))
    assert few.muon_lr > 3 * many.muon_lr


def test_learned_weights_take_small_steps_in_small_batches_and_keep_their_statistics():
    plain = default_recipe(TrainingSetup(50_000, 128, True, 200_000), TASK)
    careful = default_recipe(TrainingSetup(50_000, 128, True, 200_000, pretrained=True), TASK)
    assert careful.muon_lr < plain.muon_lr / 5 and careful.adamw_lr < plain.adamw_lr / 5
    assert careful.regularization == replace(plain.regularization, freeze_batch_norm=True)
    assert 16 <= careful.batch_size <= plain.batch_size / 4
    assert Recipe.from_json(careful.to_json()) == careful
