"""Recipes survive JSON and stay sane for any amount of data and time."""

import json
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from opsin.core import ModelFileError
from opsin.data import Augmentation, Camera
from opsin.plan import Situation, choose_recipe
from opsin.training import Recipe, Regularization


def test_json_round_trip():
    recipe = Recipe(
        64, 2.5, 0.1, 1e-3, Regularization(0.1, 0.2, 0.3), Augmentation(True, camera=Camera(0.5)), (0.5, 2.0), 3
    )
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_recipes_written_before_there_was_a_camera_can_be_read():
    recipe = Recipe(8, 1, augmentation=Augmentation(light=0.2))
    written = recipe.to_json()
    del written["augmentation"]["camera"]
    assert Recipe.from_json(written) == recipe


@pytest.mark.parametrize(
    "change",
    [
        {"batch": None, "extra": 1},
        {"augmentation": {"spin": 1}},
        {"augmentation": {"camera": 3}},
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
    recipe = choose_recipe(Situation(count, side, mirror, affordable, epochs))
    assert 1 <= recipe.batch <= min(512, count) and recipe.epochs > 0
    assert recipe.learning_rate > 0 and recipe.dense_rate > 0
    assert recipe.augmentation.mirror == mirror and recipe.augmentation.erase < side
    if epochs is not None:
        assert recipe.epochs == epochs
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_time_becomes_epochs():
    assert choose_recipe(Situation(1000, 32, True, 30_000)).epochs == pytest.approx(30)


def test_amounts_are_neither_zoomed_nor_covered_and_turns_are_only_as_asked():
    recipe = choose_recipe(Situation(1000, 128, True, 10**6, turn=True, amounts=True))
    assert recipe.augmentation.turn and recipe.augmentation.zoom == recipe.augmentation.erase == 0
    assert not choose_recipe(Situation(1000, 128, True, 10**6)).augmentation.turn


def test_only_objects_one_by_one_are_seen_by_other_cameras():
    situation = Situation(200, 256, True, 10**4, places="masks")
    masks, objects = choose_recipe(situation), choose_recipe(replace(situation, objects=True))
    assert masks.augmentation.light > 0 and masks.augmentation.camera == Camera()
    assert objects.augmentation.light == 0 and objects.augmentation.camera != Camera()


def test_few_steps_are_taken_at_the_full_rate():
    few, many = (choose_recipe(Situation(160, 128, True, images)) for images in (2_000, 200_000))
    assert few.learning_rate > 3 * many.learning_rate


def test_learned_weights_take_small_steps_in_small_batches_and_keep_their_statistics():
    plain = choose_recipe(Situation(50_000, 128, True, 200_000))
    careful = choose_recipe(Situation(50_000, 128, True, 200_000, learned=True))
    assert careful.learning_rate < plain.learning_rate / 5 and careful.dense_rate < plain.dense_rate / 5
    assert careful.regularization == replace(plain.regularization, keep_statistics=True)
    assert 16 <= careful.batch <= plain.batch / 4
    assert Recipe.from_json(careful.to_json()) == careful


def test_a_record_from_before_statistics_could_be_kept_is_read():
    recipe = choose_recipe(Situation(160, 128, True, 2_000))
    data = recipe.to_json()
    del data["regularization"]["keep_statistics"]
    assert Recipe.from_json(data) == recipe
