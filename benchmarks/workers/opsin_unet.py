"""Opsin's U-Net: training steps with all that a run does for a batch, or answers."""

import numpy as np
import torch
from serving import Work, serve

from opsin import tasks, zoo
from opsin.core import keep_large_buffers
from opsin.data import Augmentation, Batches, Preparation
from opsin.model import Model
from opsin.train import Recipe
from opsin.train.average import Average
from opsin.train.step import Stepper


def prepare(what: str, side: int, batch: int) -> Work:
    """`what` is train (mirrored and turned images, step, average of the weights) or predict (uint8 in, classes out)."""
    keep_large_buffers()
    task = tasks.Segment(("background", "cell"))
    network = zoo.create_map("unet_small", (side, side, 3), task.units, seed=0)
    model = Model(network, task, Preparation(side, side, 3, (0.5,) * 3, (0.25,) * 3))
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (8 * batch, side, side, 3), np.uint8)
    if what == "predict":

        def predict() -> int:
            model.raw(pixels[:batch])
            return batch

        return predict
    masks = random.integers(0, 2, (len(pixels), side, side)).astype(np.uint8)
    stepper, average = Stepper(model, Recipe(batch=batch, epochs=1), 0), Average(network, 100)
    moved = Augmentation(mirror=True, turn=True)
    batches = Batches(pixels, np.arange(len(pixels)), torch.from_numpy(masks), batch, moved, 0, places="masks").stream(
        0
    )
    number = 0

    def train() -> int:
        nonlocal number
        stepper.step(next(batches), number, 0.01)
        average.update(network)
        number += 1
        return batch

    return train


if __name__ == "__main__":
    serve(prepare)
