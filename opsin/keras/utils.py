"""`keras.utils`: one-hot targets, seeds, images as arrays."""

import random
from typing import Any

import numpy as np
import torch

from opsin.core import DataError

from .missing import missing as _missing
from .naming import clear_session as clear_session
from .preprocessing.image import img_to_array as img_to_array
from .preprocessing.image import load_img as load_img


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Converts class indices to one-hot rows.

    Args:
        x: Class indices (n,) or (n, 1).
        num_classes: Number of classes. None: the largest index plus 1.

    Returns:
        float64 array (n, num_classes).

    Raises:
        DataError: An index is negative or too large.

    Examples:
        >>> to_categorical([0, 2], num_classes=3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    indices = np.asarray(x.cpu() if isinstance(x, torch.Tensor) else x)
    if indices.ndim > 1 and indices.shape[-1] == 1:
        indices = indices.reshape(indices.shape[:-1])
    indices = indices.astype(np.int64)
    classes = int(indices.max(initial=-1)) + 1 if num_classes is None else num_classes
    if indices.size and not 0 <= indices.min() <= indices.max() < classes:
        raise DataError(
            f"to_categorical got class indices from {indices.min()} to {indices.max()}. Expected 0 to {classes - 1}."
        )
    return np.eye(classes)[indices]


def set_random_seed(seed: int) -> None:
    """Seeds Python, NumPy and torch, so that weights, dropout and shuffling are repeatable.

    Args:
        seed: Any integer.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """Divides vectors by their length. Vectors of length 0 are unchanged.

    Args:
        x: Array.
        axis: Axis of the vectors.
        order: Order of the norm, such as 2.

    Examples:
        >>> normalize([[3.0, 4.0]])
        array([[0.6, 0.8]])
    """
    values = np.asarray(x)
    lengths = np.atleast_1d(np.linalg.norm(values, order, axis, keepdims=True))
    return values / np.where(lengths == 0, 1, lengths)


__getattr__ = _missing(__name__)
