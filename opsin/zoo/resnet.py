"""Residual networks as published (He et al., arXiv:1512.03385), with the stride on the 3x3 as in torchvision."""

from functools import partial

from opsin.core import Shape
from opsin.nn import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    Residual,
    Stage,
    ZeroPadding2D,
)

from .architecture import Architecture, all_heads


def _resnet(depths: tuple[int, ...], *, bottleneck: bool) -> Architecture:
    return Architecture(partial(_encoder, depths, bottleneck), all_heads(_head))


def _encoder(depths: tuple[int, ...], bottleneck: bool, input_shape: Shape) -> list[Layer]:
    layers: list[Layer] = [
        *_convolution(64, 7, strides=2),
        Activation("relu"),
        ZeroPadding2D(1),  # ReLU outputs are never below the padding, so this equals max pooling with padding 1
        MaxPooling2D(3, strides=2),
    ]
    channels = 64
    for number, depth in enumerate(depths):
        width = 64 * 2**number
        blocks: list[Layer] = []
        for index in range(depth):
            strides = 2 if number > 0 and index == 0 else 1
            body = _bottleneck(width, strides) if bottleneck else _basic(width, strides)
            filters = 4 * width if bottleneck else width
            same = strides == 1 and channels == filters
            shortcut = [] if same else _convolution(filters, 1, strides=strides)
            blocks.append(Stage([Residual(body, shortcut), Activation("relu")], name=f"block{index + 1}"))
            channels = filters
        layers.append(Stage(blocks, name=f"stage{number + 1}"))
    return layers


def _head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    return [GlobalAveragePooling2D(), Dense(units, activation=activation)]


def _basic(width: int, strides: int) -> list[Layer]:
    return [*_convolution(width, 3, strides=strides), Activation("relu"), *_convolution(width, 3)]


def _bottleneck(width: int, strides: int) -> list[Layer]:
    return [
        *_convolution(width, 1),
        Activation("relu"),
        *_convolution(width, 3, strides=strides),
        Activation("relu"),
        *_convolution(4 * width, 1),
    ]


def _convolution(filters: int, size: int, strides: int = 1) -> list[Layer]:
    """Returns a convolution with torch's symmetric padding, which differs from "same" where strides are 2."""
    even = strides == 1
    layers: list[Layer] = [] if even or size == 1 else [ZeroPadding2D(size // 2)]
    padding = "same" if even else "valid"
    convolution = Conv2D(filters, size, strides, padding, use_bias=False, kernel_initializer="he_normal")
    return [*layers, convolution, BatchNormalization(momentum=0.9, epsilon=1e-5)]


RESNET18 = _resnet((2, 2, 2, 2), bottleneck=False)
"""11,689,512 parameters for 1000 classes of RGB images."""
RESNET34 = _resnet((3, 4, 6, 3), bottleneck=False)
"""21,797,672 parameters for 1000 classes of RGB images."""
RESNET50 = _resnet((3, 4, 6, 3), bottleneck=True)
"""25,557,032 parameters for 1000 classes of RGB images."""
