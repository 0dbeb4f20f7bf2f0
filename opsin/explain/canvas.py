"""Larger pictures made from one image, on which windows of deep layers lie clear of the border."""

import numpy as np
import torch
from torch import Tensor

from opsin.model import Model

MAX_SIDE = 448
"""Largest canvas in pixels; windows that do not fit on it are not measured."""


def canvas(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Repeats an image by reflection to a given size.

    Args:
        pixels: (height, width, channels).
        height: Rows of the result.
        width: Columns of the result.

    Examples:
        >>> canvas(np.arange(3).reshape(1, 3, 1), 1, 7).ravel().tolist()
        [0, 1, 2, 2, 1, 0, 0]
    """
    rows, columns = (_reflected(side, wanted) for side, wanted in zip(pixels.shape[:2], (height, width), strict=True))
    return np.ascontiguousarray(pixels[rows][:, columns])


def _reflected(side: int, wanted: int) -> np.ndarray:
    there_and_back = np.concatenate([np.arange(side), np.arange(side)[::-1]])
    return np.resize(there_and_back, wanted)


def normalized(model: Model, pixels: np.ndarray) -> Tensor:
    """Returns the network's input (1, channels, height, width) in float32 on the CPU for pixels of any size."""
    return model.preprocessing.normalize(torch.from_numpy(pixels[None])).float()
