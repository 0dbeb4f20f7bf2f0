"""One image with its marked objects, as every writer takes it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image of so many pixels and its boxes, (k, 7) of BOX_COLUMNS; of predictions a score from 0 to 1 each.

    `masks`, where objects are known by their pixels, are one bool (height, width) a box.
    """

    id: str
    height: int
    width: int
    boxes: np.ndarray
    scores: np.ndarray | None = None
    masks: tuple[np.ndarray, ...] | None = None
