"""EfficientNet-Lite (Tan and Le, arXiv:1905.11946, without squeeze-and-excitation), for small processors."""

from dataclasses import replace

from opsin.core import Shape
from opsin.nn import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Layer,
    Residual,
    Stage,
)

from .architecture import Architecture, all_heads

_STAGES = ((16, 3, 1, 1), (24, 3, 2, 2), (40, 5, 2, 2), (80, 3, 2, 3), (112, 5, 1, 3), (192, 5, 2, 4), (320, 3, 1, 1))
"""Filters, kernel size, strides of the first block, number of blocks."""


def _encoder(input_shape: Shape) -> list[Layer]:
    layers = _convolution("stem", Conv2D(32, 3, 2, "same", use_bias=False, kernel_initializer="he_normal"))
    channels = 32
    for number, (filters, size, strides, depth) in enumerate(_STAGES, start=1):
        blocks: list[Layer] = []
        for index in range(depth):
            expansion = 1 if number == 1 else 6
            body = _block(channels, filters, size, strides if index == 0 else 1, expansion)
            same = index > 0 or (strides == 1 and channels == filters)
            blocks.append((Residual if same else Stage)(body, name=f"block{index + 1}"))
            channels = filters
        layers.append(Stage(blocks, name=f"stage{number}"))
    return layers


def _head(input_shape: Shape, units: int, activation: str | None) -> list[Layer]:
    pooled = [*_convolution("head", _pointwise(1280)), GlobalAveragePooling2D(), Dropout(0.2)]
    return [*pooled, Dense(units, activation=activation, name="output")]


def _block(channels: int, filters: int, size: int, strides: int, expansion: int) -> list[Layer]:
    depthwise = DepthwiseConv2D(size, strides, "same", use_bias=False, depthwise_initializer="he_normal")
    expand = _convolution("expand", _pointwise(expansion * channels)) if expansion > 1 else []
    project = _convolution("project", _pointwise(filters))[:-1]  # no activation after the projection
    return [*expand, *_convolution("depthwise", depthwise), *project]


def _convolution(name: str, layer: Conv2D | DepthwiseConv2D) -> list[Layer]:
    normalization = BatchNormalization(momentum=0.9, epsilon=1e-3, name=f"{name}_norm")
    return [replace(layer, name=name), normalization, Activation("relu6", name=f"{name}_relu6")]


def _pointwise(filters: int) -> Conv2D:
    return Conv2D(filters, 1, use_bias=False, kernel_initializer="he_normal")


EFFICIENTNET_LITE0 = Architecture(_encoder, all_heads(_head))
"""4,652,008 parameters for 1000 classes of RGB images."""
