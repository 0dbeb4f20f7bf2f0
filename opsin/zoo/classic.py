"""LeNet-5 (LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998), the first famous CNN."""

from opsin.core import Shape
from opsin.nn import AveragePooling2D, Conv2D, Dense, Flatten, Layer, MaxPooling2D


def lenet(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    """61,706 parameters for 28x28x1 and 10 classes."""
    return [
        Conv2D(6, 5, padding="same", activation="tanh"),
        AveragePooling2D(2),
        Conv2D(16, 5, activation="tanh"),
        AveragePooling2D(2),
        Flatten(),
        Dense(120, activation="tanh"),
        Dense(84, activation="tanh"),
        Dense(units, activation=activation),
    ]


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
