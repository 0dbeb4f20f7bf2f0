"""Hyperparameters that the user asked for, in place of those of the default recipe."""

from dataclasses import replace

from opsin.core import OpsinError, did_you_mean
from opsin.data import Augmentation
from opsin.tasks import Task
from opsin.training import Recipe

AUGMENT_LEVELS = ("none", "light", "strong")
STRONG_ROTATION, STRONG_SCALE, STRONG_LIGHT = 15.0, 0.25, 0.25
"""Least range of rotation (degrees), scale and light (fractions) of strong augmentation."""


def check_augment(level: str | None) -> None:
    """Raises OpsinError if the level of augmentation is unknown; None leaves the choice to the recipe."""
    if level is not None and level not in AUGMENT_LEVELS:
        raise OpsinError(
            f"augment {level!r} is unknown.{did_you_mean(level, AUGMENT_LEVELS)} "
            f"Expected one of {', '.join(AUGMENT_LEVELS)}."
        )


def with_requested(recipe: Recipe, lr: float | None, patience: int | None) -> Recipe:
    """Returns the recipe with the user's own learning rate and patience; None keeps that of the recipe.

    Args:
        recipe: Default recipe.
        lr: Peak learning rate of AdamW; that of Muon changes by the same factor.
        patience: Validations without a better score that end training; 0 for no early stopping.
    """
    if lr is not None:
        recipe = replace(recipe, adamw_lr=lr, muon_lr=recipe.muon_lr * lr / recipe.adamw_lr)
    return recipe if patience is None else replace(recipe, patience=patience or None)


def augmentation_at(level: str, task: Task, side: int, *, hflip: bool, rotate90: bool) -> Augmentation:
    """Returns the augmentation at a level; flips and rotations by 90 degrees are as given.

    Args:
        level: "none"; "light", the task's augmentation of short runs; or "strong", that of long runs and more.
        task: Task of the run.
        side: Longer side of the network's input, in pixels.
        hflip: Horizontal flips keep the target.
        rotate90: Rotations by 90 degrees keep the target.
    """
    if level == "none":
        return Augmentation(hflip=hflip, rotate90=rotate90)
    default = task.default_augmentation(side, hflip=hflip, rotate90=rotate90, long=level == "strong")
    if level == "light":
        return default
    return replace(
        default,
        rotate=max(default.rotate, STRONG_ROTATION),
        scale=max(default.scale, STRONG_SCALE),
        brightness_contrast=max(default.brightness_contrast, STRONG_LIGHT),
    )
