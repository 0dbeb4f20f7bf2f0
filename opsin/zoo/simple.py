"""The reference network of textbooks: two convolutions, two poolings, two dense layers."""

from opsin.core import Shape
from opsin.nn import Conv2D, Dense, Flatten, Layer, MaxPooling2D


def simple(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """1,626,442 parameters for 64x64x3 and 10 classes."""
    return [
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dense(128, activation="relu"),
        Dense(units, activation=activation),
    ]
