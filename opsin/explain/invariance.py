"""Predictions and features of an image that is shifted, rotated and scaled."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.model import Model

SHIFTS = tuple(step / 24 for step in range(-6, 7))
"""Shares of the width."""
ROTATIONS = tuple(range(-45, 46, 9))
"""Degrees."""
SCALES = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5)


@dataclass(frozen=True)
class Curve:
    """Effect of one transform on the prediction of an image.

    Attributes:
        transform: "shift" (share of the width), "rotation" (degrees) or "scale" (factor).
        values: Amounts of the transform.
        score: Network's output for the class (or value) that it predicts for the unchanged image: a probability for
            classes.
        same: True where the prediction is that of the unchanged image; empty for numbers.
        cosine: Cosine similarity of the features with those of the unchanged image.
    """

    transform: str
    values: tuple[float, ...]
    score: tuple[float, ...]
    same: tuple[bool, ...]
    cosine: tuple[float, ...]


def measure_invariance(model: Model, pixels: np.ndarray) -> list[Curve]:
    """Measures the three curves of an image; edges are reflected.

    Args:
        model: Model whose network gives a vector.
        pixels: Preprocessed image, uint8 (height, width, channels).

    Returns:
        Curves for shift, rotation and scale; none if the network's output is a map.
    """
    if len(model.network.output_shape) != 1:
        return []
    curves: list[Curve] = []
    for transform, values in (("shift", SHIFTS), ("rotation", ROTATIONS), ("scale", SCALES)):
        moved = np.stack([pixels, *(transformed(pixels, transform, value) for value in values)])
        curves.append(_curve(model, transform, values, moved))
    return curves


def transformed(pixels: np.ndarray, transform: str, value: float) -> np.ndarray:
    """Moves an image about its centre; edges are reflected.

    Args:
        pixels: uint8 (height, width, channels).
        transform: "shift", "rotation" or "scale".
        value: Share of the width, degrees or factor.
    """
    import cv2

    height, width, channels = pixels.shape
    centre = ((width - 1) / 2, (height - 1) / 2)
    if transform == "shift":
        matrix = np.array([[1, 0, round(value * width)], [0, 1, 0]], np.float64)
    else:
        angle, factor = (value, 1.0) if transform == "rotation" else (0.0, value)
        matrix = cv2.getRotationMatrix2D(centre, angle, factor)
    moved = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return moved.reshape(height, width, channels)


def _curve(model: Model, transform: str, values: tuple[float, ...], moved: np.ndarray) -> Curve:
    outputs = activated(model, moved)
    chosen = int(outputs[0].argmax())
    features: Any = model.features(moved).astype(np.float64)
    features /= np.linalg.norm(features, axis=1, keepdims=True) + 1e-12
    is_choice = model.task.activation == "softmax"
    return Curve(
        transform,
        tuple(float(value) for value in values),
        tuple(outputs[1:, chosen].tolist()),
        tuple((outputs[1:].argmax(1) == chosen).tolist()) if is_choice else (),
        tuple((features[1:] @ features[0]).tolist()),
    )


def activated(model: Model, arrays: np.ndarray) -> np.ndarray:
    """Returns probabilities for classes and labels, and the network's values for numbers, float64 (n, units).

    Args:
        model: Model whose network gives a vector.
        arrays: Preprocessed images.
    """
    logits = model.logits(arrays).double()
    if model.task.activation == "softmax":
        return (logits / getattr(model.task, "temperature", 1.0)).softmax(1).numpy()
    if model.task.activation == "sigmoid":
        return logits.sigmoid().numpy()
    return logits.numpy()
