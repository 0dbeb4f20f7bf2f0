"""Opsin's detector: training steps with all that a run does for a batch, or boxes."""

import numpy as np
import torch
from scenes import scenes
from serving import Work, serve
from steps import steps

from opsin import tasks, zoo
from opsin.core import OutputSpec, keep_large_buffers
from opsin.data import Augmentation, Batches, ImagePreprocessing
from opsin.model import Model


def prepare(what: str, side: int, batch: int) -> Work:
    """`what` is train (mirrored, shifted and zoomed images, step, average of the weights) or predict (uint8 in)."""
    keep_large_buffers()
    task = tasks.Detect(("a", "b", "c"))
    network = zoo.create("detector_small", (side, side, 3), task.units, seed=0, output=OutputSpec("grid"))
    model = Model(network, task, ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3))
    pixels, boxes = scenes(8 * batch, side)
    if what == "predict":

        def predict() -> int:
            model.predict(list(pixels[:batch]))
            return batch

        return predict
    targets = np.empty(len(boxes), object)
    targets[:] = [np.pad(one, ((0, 0), (0, 2))) for one in boxes]
    moved = Augmentation(hflip=True, translate=side // 16, scale=0.25, brightness_contrast=0.15)
    encoded = torch.from_numpy(task.encode(targets))
    return steps(model, Batches(pixels, np.arange(len(pixels)), encoded, batch, moved, 0, places="boxes"))


if __name__ == "__main__":
    serve(prepare)
