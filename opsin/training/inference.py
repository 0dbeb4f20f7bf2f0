"""Prediction on rows of a store in chunks, with bounded memory."""

from collections.abc import Iterator

import numpy as np

from opsin.core import Progress, silent
from opsin.model import Model

CHUNK = 2048
"""Number of images in a chunk."""


def predict_rows(
    model: Model, pixels: np.ndarray, rows: np.ndarray, progress: Progress = silent, stage: str = "validate"
) -> np.ndarray:
    """Predicts on rows of a store's pixels.

    Args:
        model: The model.
        pixels: uint8 (n, height, width, channels).
        rows: Indices of the images in `pixels`.
        progress: Progress callback.
        stage: Name of the stage that is reported to `progress`.

    Returns:
        The predictions in the order of `rows`.
    """
    nothing = model.task.empty(0, model.preprocessing.size[:-1])
    return np.concatenate([nothing, *_chunks(model, pixels, rows, progress, stage)])


def _chunks(model: Model, pixels: np.ndarray, rows: np.ndarray, progress: Progress, stage: str) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), CHUNK):
        yield model.predict_batch(pixels[rows[start : start + CHUNK]])
        progress(stage, min(start + CHUNK, len(rows)), len(rows))
