"""Opsin's U-Net: complete training steps (augmentation, step, weight average), or predictions."""

import numpy as np
import torch
from serving import Work, serve
from steps import steps

from opsin import tasks, zoo
from opsin.core import OutputSpec, keep_large_buffers
from opsin.data import Augmentation, Batches, ImagePreprocessing
from opsin.model import Model


def prepare(mode: str, side: int, batch: int) -> Work:
    """Prepares mode "train" (flip, 90-degree rotations, step, weight average) or "predict" (uint8 to classes)."""
    keep_large_buffers()
    task = tasks.Segment(("background", "cell"))
    network = zoo.create("unet_small", (side, side, 3), task.units, seed=0, output=OutputSpec("map", "mask"))
    model = Model(network, task, ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3))
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (8 * batch, side, side, 3), np.uint8)
    if mode == "predict":

        def predict() -> int:
            model.predict_batch(pixels[:batch])
            return batch

        return predict
    masks = random.integers(0, 2, (len(pixels), side, side)).astype(np.uint8)
    augmentation = Augmentation(hflip=True, rotate90=True)
    targets = torch.from_numpy(masks)
    return steps(model, Batches(pixels, np.arange(len(pixels)), targets, batch, augmentation, 0, spatial="mask"))


if __name__ == "__main__":
    serve(prepare)
