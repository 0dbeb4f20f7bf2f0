"""What the network answers for rows of a store, in pieces, so that memory stays flat."""

from collections.abc import Iterator

import numpy as np

from opsin.core import Progress, silent
from opsin.model import Model

PIECE = 2048


def predict_rows(
    model: Model, pixels: np.ndarray, rows: np.ndarray, progress: Progress = silent, stage: str = "validate"
) -> np.ndarray:
    """A model's answers for those rows of a store's pixels, a row an image, in their order."""
    nothing = model.task.empty(0, model.preprocessing.size[:2])
    return np.concatenate([nothing, *_pieces(model, pixels, rows, progress, stage)])


def _pieces(model: Model, pixels: np.ndarray, rows: np.ndarray, progress: Progress, stage: str) -> Iterator[np.ndarray]:
    for start in range(0, len(rows), PIECE):
        yield model.predict_batch(pixels[rows[start : start + PIECE]])
        progress(stage, min(start + PIECE, len(rows)), len(rows))
