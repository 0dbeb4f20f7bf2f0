"""A Keras model as an `opsin.model.Model`, for the measurements and the page of `explain`."""

# Shows the short names of types in signatures.
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from opsin.core import DataError, NetworkError
from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.nn import Sequential
from opsin.tasks import Classify, MultiLabel, Regress, Task

from .arrays import Array

if TYPE_CHECKING:
    from opsin.explain import Explanation


def explain(
    network: Sequential, x: Array, data: tuple[Array, Any] | None, names: Sequence[str] | None, out: str | Path | None
) -> Explanation:
    """Measures a Keras model on an image, and writes the page that runs it in the browser.

    Args:
        network: The layers and their weights.
        x: One image (height, width, channels) or (1, height, width, channels), values 0 to 1 or 0 to 255.
        data: Images (n, height, width, channels) in the same units, and their classes (n,) or one-hot (n, classes).
        names: Names of the output units. Default: their numbers.
        out: HTML page to write; None for no page.
    """
    shape = network.input_shape
    if len(shape) != 3 or shape[-1] not in (1, 3):
        raise NetworkError(f"the model takes inputs of {shape}. Expected images (height, width, 1 or 3).")
    image = _array(x)
    image = image[0] if image.shape == (1, *shape) else image
    if image.shape != shape:
        raise DataError(f"the image has the shape {image.shape}. Expected {shape}.")
    most = 1.0 if image.max() <= 1 else 255.0
    examples = None
    if data is not None:
        classes = np.asarray(data[1])
        examples = (_pixels(_array(data[0]), most), classes.argmax(-1) if classes.ndim > 1 else classes)
    height, width, channels = shape
    scale = 1 / most  # pixels 0 to 255 become 0 to `most`: (pixel / 255 - 0) / scale
    preprocessing = ImagePreprocessing(height, width, channels, (0.0,) * channels, (scale,) * channels)
    training = network.training
    model = Model(network.eval(), _task(network, names), preprocessing)
    try:
        return model.explain(_pixels(image, most), data=examples, out=out)
    finally:
        network.train(training)


def _array(x: Array) -> np.ndarray:
    return np.asarray(x.detach().cpu() if isinstance(x, torch.Tensor) else x, np.float32)


def _pixels(values: np.ndarray, most: float) -> np.ndarray:
    """Returns values 0 to `most` as pixels 0 to 255."""
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= most):
        raise DataError(
            f"pixels are between {values.min():g} and {values.max():g}. Expected 0 to 1 or 0 to 255. "
            "Fix: move other normalizations into the model, such as Rescaling(1 / 127.5, -1) as its first layer."
        )
    return (values * (255 / most)).round().astype(np.uint8)


def _task(network: Sequential, names: Sequence[str] | None) -> Task:
    """Returns the task that the last activation stands for."""
    if len(network.output_shape) != 1:
        raise NetworkError(f"the model's output has the shape {network.output_shape}. Expected a vector.")
    units = network.output_shape[0]
    given = tuple(map(str, names or range(units)))
    if network.final_activation == "softmax":
        return Classify(given)
    if network.final_activation == "sigmoid":
        return MultiLabel(given)
    return Regress(given, (0.0,) * units, (1.0,) * units)
