"""What Keras keeps under `keras.utils`: one-hot targets, seeds, images as arrays."""

import random
import sys
from typing import Any

import numpy as np
import torch

from opsin.core import DataError

from . import utils
from .naming import clear_session as clear_session
from .preprocessing.image import img_to_array as img_to_array
from .preprocessing.image import load_img as load_img


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """One-hot float64 rows of class numbers; a last axis of length 1 is dropped.

    >>> to_categorical([0, 2], num_classes=3)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    numbers = np.asarray(x.cpu() if isinstance(x, torch.Tensor) else x)
    if numbers.ndim > 1 and numbers.shape[-1] == 1:
        numbers = numbers.reshape(numbers.shape[:-1])
    numbers = numbers.astype(np.int64)
    classes = int(numbers.max(initial=-1)) + 1 if num_classes is None else num_classes
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
        raise DataError(
            f"to_categorical got class numbers from {numbers.min()} to {numbers.max()}; expected 0 to {classes - 1}"
        )
    return np.eye(classes)[numbers]


def set_random_seed(seed: int) -> None:
    """Seeds Python, NumPy and torch, so that weights, dropout and shuffling are the same in every run."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]


def normalize(x: Any, axis: int = -1, order: int = 2) -> np.ndarray:
    """The array with vectors along an axis divided by their length; those of length 0 stay.

    >>> normalize([[3.0, 4.0]])
    array([[0.6, 0.8]])
    """
    values = np.asarray(x)
    lengths = np.atleast_1d(np.linalg.norm(values, order, axis, keepdims=True))
    return values / np.where(lengths == 0, 1, lengths)


utils = utils
sys.modules[f"{__package__}.utils"] = utils
