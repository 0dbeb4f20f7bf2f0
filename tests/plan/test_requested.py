"""Hyperparameters from the user replace those of the default recipe, and nothing else."""

from dataclasses import replace

import pytest

from opsin.core import OpsinError
from opsin.plan.requested import AUGMENT_LEVELS, augmentation_at, check_augment, with_requested
from opsin.tasks import Classify, Detect, Regress
from opsin.training import Recipe

RECIPE = Recipe(batch_size=8, epochs=2, muon_lr=0.1, adamw_lr=0.005, patience=15)


def test_both_learning_rates_change_by_the_same_factor():
    changed = with_requested(RECIPE, 0.01, None)
    assert changed == replace(RECIPE, adamw_lr=0.01, muon_lr=0.2)


def test_no_patience_is_no_early_stopping():
    assert with_requested(RECIPE, None, 0).patience is None
    assert with_requested(RECIPE, None, 4) == replace(RECIPE, patience=4)
    assert with_requested(RECIPE, None, None) == RECIPE


@pytest.mark.parametrize("task", [Classify(("a", "b")), Detect(("a",)), Regress(("x",), (0.0,), (1.0,))])
@pytest.mark.parametrize("side", [32, 224])
def test_levels_change_more_and_more(task, side):
    levels = [augmentation_at(level, task, side, hflip=True, rotate90=False) for level in AUGMENT_LEVELS]
    assert all(level.hflip and not level.rotate90 for level in levels)
    for name in ("translate", "rotate", "scale", "random_erasing"):
        none, light, strong = (getattr(level, name) for level in levels)
        assert none == 0 and light <= strong
    assert levels[2].rotate > 0 and levels[1] != levels[2]


def test_an_unknown_level_is_named():
    check_augment(None)
    with pytest.raises(OpsinError, match="Did you mean 'strong'"):
        check_augment("stong")
