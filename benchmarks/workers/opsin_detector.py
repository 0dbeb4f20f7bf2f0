"""Opsin's detector: complete training steps (augmentation, step, weight average), or predicted boxes."""

import numpy as np
import torch
from scenes import scenes
from serving import Work, serve
from steps import steps

from opsin import tasks, zoo
from opsin.core import OutputSpec, keep_large_buffers
from opsin.data import Augmentation, Batches, ImagePreprocessing
from opsin.model import Model


def prepare(mode: str, side: int, batch: int) -> Work:
    """Prepares mode "train" (flip, translation, scale, step, weight average) or "predict" (uint8 to boxes)."""
    keep_large_buffers()
    task = tasks.Detect(("a", "b", "c"))
    network = zoo.create("detector_small", (side, side, 3), task.units, seed=0, output=OutputSpec("grid", "boxes"))
    model = Model(network, task, ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3))
    pixels, boxes = scenes(8 * batch, side)
    if mode == "predict":

        def predict() -> int:
            model.predict(list(pixels[:batch]))
            return batch

        return predict
    targets = np.empty(len(boxes), object)
    targets[:] = [np.pad(one, ((0, 0), (0, 2))) for one in boxes]
    augmentation = Augmentation(hflip=True, translate=side // 16, scale=0.25, brightness_contrast=0.15)
    encoded = torch.from_numpy(task.encode(targets))
    return steps(model, Batches(pixels, np.arange(len(pixels)), encoded, batch, augmentation, 0, spatial="boxes"))


if __name__ == "__main__":
    serve(prepare)
