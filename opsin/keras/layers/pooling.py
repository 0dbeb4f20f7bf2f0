"""Pooling layers with Keras's arguments."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class MaxPooling1D(Layer):
    """1D max pooling over inputs (n, steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.MaxPooling1D
    arguments: ClassVar[Arguments] = lists.POOLING


class MaxPooling2D(Layer):
    """2D max pooling over inputs (n, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.MaxPooling2D
    arguments: ClassVar[Arguments] = lists.POOLING


class MaxPooling3D(Layer):
    """3D max pooling over inputs (n, depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.MaxPooling3D
    arguments: ClassVar[Arguments] = lists.POOLING


class AveragePooling1D(Layer):
    """1D average pooling over inputs (n, steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.AveragePooling1D
    arguments: ClassVar[Arguments] = lists.POOLING


class AveragePooling2D(Layer):
    """2D average pooling over inputs (n, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.AveragePooling2D
    arguments: ClassVar[Arguments] = lists.POOLING


class AveragePooling3D(Layer):
    """3D average pooling over inputs (n, depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.AveragePooling3D
    arguments: ClassVar[Arguments] = lists.POOLING


class GlobalMaxPooling1D(Layer):
    """Maximum of each channel over all positions of inputs (n, steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.GlobalMaxPooling1D
    arguments: ClassVar[Arguments] = lists.GLOBAL_POOLING


class GlobalMaxPooling2D(Layer):
    """Maximum of each channel over all positions of inputs (n, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.GlobalMaxPooling2D
    arguments: ClassVar[Arguments] = lists.GLOBAL_POOLING


class GlobalMaxPooling3D(Layer):
    """Maximum of each channel over all positions of inputs (n, depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.GlobalMaxPooling3D
    arguments: ClassVar[Arguments] = lists.GLOBAL_POOLING


class GlobalAveragePooling1D(Layer):
    """Mean of each channel over all positions of inputs (n, steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.GlobalAveragePooling1D
    arguments: ClassVar[Arguments] = lists.GLOBAL_POOLING


class GlobalAveragePooling2D(Layer):
    """Mean of each channel over all positions of inputs (n, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.GlobalAveragePooling2D
    arguments: ClassVar[Arguments] = lists.GLOBAL_POOLING


class GlobalAveragePooling3D(Layer):
    """Mean of each channel over all positions of inputs (n, depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.GlobalAveragePooling3D
    arguments: ClassVar[Arguments] = lists.GLOBAL_POOLING


MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D = GlobalAveragePooling1D, GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
