"""LeNet-5 (LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998) and a small plain CNN."""

from opsin.core import Shape
from opsin.nn import AveragePooling2D, Conv2D, Dense, Flatten, Layer, MaxPooling2D

from .architecture import Architecture, vector_heads


def _lenet_encoder(input_shape: Shape) -> list[Layer]:
    return [
        Conv2D(6, 5, padding="same", activation="tanh"),
        AveragePooling2D(2),
        Conv2D(16, 5, activation="tanh"),
        AveragePooling2D(2),
    ]


def _lenet_head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    return [
        Flatten(),
        Dense(120, activation="tanh"),
        Dense(84, activation="tanh"),
        Dense(units, activation=activation),
    ]


def _simple_encoder(input_shape: Shape) -> list[Layer]:
    return [
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
    ]


def _simple_head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    return [Flatten(), Dense(128, activation="relu"), Dense(units, activation=activation)]


LENET = Architecture(_lenet_encoder, vector_heads(_lenet_head))
"""61,706 parameters for 28x28x1 and 10 classes."""
SIMPLE = Architecture(_simple_encoder, vector_heads(_simple_head))
"""1,626,442 parameters for 64x64x3 and 10 classes."""
