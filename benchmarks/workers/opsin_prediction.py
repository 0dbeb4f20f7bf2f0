"""Opsin's predictions: `predict` (arrays in, dictionaries out) or `predict_batch` (array in, array out)."""

import sys

import numpy as np
from serving import Work, serve

from opsin import tasks, zoo
from opsin.data import ImagePreprocessing
from opsin.model import Model

KIND, ACCELERATED = sys.argv[1], "accelerated" in sys.argv


def prepare(network: str, side: int, batch: int) -> Work:
    """Prepares one call for `batch` uint8 images in memory."""
    name = "simple" if network == "reference" else network
    built = zoo.create(name, (side, side, 3), 10, seed=0)
    model = Model(
        built, tasks.Classify(tuple("abcdefghij")), ImagePreprocessing(side, side, 3, (0.5,) * 3, (0.25,) * 3)
    )
    images = np.random.default_rng(0).integers(0, 256, (batch, side, side, 3), np.uint8)
    many = list(images)
    if ACCELERATED:
        model.accelerate()

    def work() -> int:
        if KIND == "predict":
            model.predict(many)
        else:
            model.predict_batch(images)
        return batch

    return work


if __name__ == "__main__":
    serve(prepare)
