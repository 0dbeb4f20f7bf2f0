"""How long a training step takes here, measured before the run is planned."""

import copy
import time

import numpy as np
import torch

from opsin.data import Batch, MaskRows
from opsin.model import Model

from .recipe import Recipe
from .step import Stepper

TIMED = 3


def seconds_per_step(model: Model, recipe: Recipe, example_targets: torch.Tensor | MaskRows) -> float:
    """Seconds a step of `recipe.batch` images takes, timed over three steps of a copy of the network.

    `example_targets` are encoded targets of some training rows; the images are noise.
    """
    trial = copy.copy(model)
    trial.network = copy.deepcopy(model.network)
    stepper = Stepper(trial, recipe, seed=0)
    prepared = model.preparation
    noise = np.random.default_rng(0).integers(
        0, 256, (recipe.batch, prepared.height, prepared.width, prepared.channels)
    )
    repeats = torch.arange(recipe.batch) % len(example_targets)
    batch = Batch(torch.from_numpy(noise.astype(np.uint8)), example_targets[repeats])
    stepper.step(batch, 0, 0.0)
    begun = time.monotonic()
    for number in range(TIMED):
        stepper.step(batch, number, 0.0)
    return (time.monotonic() - begun) / TIMED
