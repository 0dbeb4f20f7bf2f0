"""One image with its annotated objects, the input of the writers."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """An image with its boxes.

    Args:
        id: Id of the image, its path within the data set.
        height: Height in pixels.
        width: Width in pixels.
        boxes: (k, 7) of BOX_COLUMNS.
        scores: (k,) confidence from 0 to 1; None for ground truth.
        masks: Bool (height, width) for each box; None without masks.
    """

    id: str
    height: int
    width: int
    boxes: np.ndarray
    scores: np.ndarray | None = None
    masks: tuple[np.ndarray, ...] | None = None
