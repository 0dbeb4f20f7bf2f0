"""Opsin's U-Net: training steps with all that a run does for a batch, or answers."""

import numpy as np
import torch
from serving import Work, serve
from steps import steps

from opsin import tasks, zoo
from opsin.core import OutputSpec, keep_large_buffers
from opsin.data import Augmentation, Batches, ImagePreprocessing
from opsin.model import Model


def prepare(what: str, side: int, batch: int) -> Work:
    """`what` is train (mirrored and turned images, step, average of the weights) or predict (uint8 in, classes out)."""
    keep_large_buffers()
    task = tasks.Segment(("background", "cell"))
    network = zoo.create("unet_small", (side, side, 3), task.units, seed=0, output=OutputSpec("map"))
    model = Model(network, task, ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3))
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (8 * batch, side, side, 3), np.uint8)
    if what == "predict":

        def predict() -> int:
            model.predict_batch(pixels[:batch])
            return batch

        return predict
    masks = random.integers(0, 2, (len(pixels), side, side)).astype(np.uint8)
    moved = Augmentation(hflip=True, rotate90=True)
    targets = torch.from_numpy(masks)
    return steps(model, Batches(pixels, np.arange(len(pixels)), targets, batch, moved, 0, places="masks"))


if __name__ == "__main__":
    serve(prepare)
