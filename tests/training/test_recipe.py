"""Recipes survive JSON and stay sane for any amount of data and time."""

import json
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from opsin.core import ModelFileError
from opsin.data import Augmentation, Photometric
from opsin.plan import TrainingSetup, default_recipe
from opsin.training import Recipe, Regularization


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
    recipe = default_recipe(TrainingSetup(count, side, mirror, affordable, epochs))
    assert 1 <= recipe.batch_size <= min(512, count) and recipe.epochs > 0
    assert recipe.muon_lr > 0 and recipe.adamw_lr > 0
    assert recipe.augmentation.hflip == mirror and recipe.augmentation.random_erasing < side
    if epochs is not None:
        assert recipe.epochs == epochs
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_time_becomes_epochs():
    assert default_recipe(TrainingSetup(1000, 32, True, 30_000)).epochs == pytest.approx(30)


def test_amounts_are_neither_zoomed_nor_covered_and_turns_are_only_as_asked():
    recipe = default_recipe(TrainingSetup(1000, 128, True, 10**6, rotate90=True, amounts=True))
    assert recipe.augmentation.rotate90 and recipe.augmentation.scale == recipe.augmentation.random_erasing == 0
    assert not default_recipe(TrainingSetup(1000, 128, True, 10**6)).augmentation.rotate90


def test_only_objects_one_by_one_are_seen_by_other_cameras():
    situation = TrainingSetup(200, 256, True, 10**4, places="masks")
    masks, objects = default_recipe(situation), default_recipe(replace(situation, objects=True))
    assert masks.augmentation.brightness_contrast > 0 and masks.augmentation.photometric == Photometric()
    assert objects.augmentation.brightness_contrast == 0 and objects.augmentation.photometric != Photometric()


def test_few_steps_are_taken_at_the_full_rate():
    few, many = (default_recipe(TrainingSetup(160, 128, True, images)) for images in (2_000, 200_000))
    assert few.muon_lr > 3 * many.muon_lr


def test_learned_weights_take_small_steps_in_small_batches_and_keep_their_statistics():
    plain = default_recipe(TrainingSetup(50_000, 128, True, 200_000))
    careful = default_recipe(TrainingSetup(50_000, 128, True, 200_000, pretrained=True))
    assert careful.muon_lr < plain.muon_lr / 5 and careful.adamw_lr < plain.adamw_lr / 5
    assert careful.regularization == replace(plain.regularization, freeze_batch_norm=True)
    assert 16 <= careful.batch_size <= plain.batch_size / 4
    assert Recipe.from_json(careful.to_json()) == careful
