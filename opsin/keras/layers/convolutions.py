"""Convolutions under Keras's argument lists."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class Conv1D(Layer):
    """A convolution over (steps, channels) with `filters` learned kernels."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv1D
    arguments: ClassVar[Arguments] = lists.CONVOLUTION


class Conv2D(Layer):
    """A convolution over (height, width, channels) with `filters` learned kernels."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv2D
    arguments: ClassVar[Arguments] = lists.CONVOLUTION


class Conv3D(Layer):
    """A convolution over (depth, height, width, channels) with `filters` learned kernels."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv3D
    arguments: ClassVar[Arguments] = lists.CONVOLUTION


class Conv1DTranspose(Layer):
    """A transposed convolution over (steps, channels): it makes maps larger."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv1DTranspose
    arguments: ClassVar[Arguments] = lists.TRANSPOSED


class Conv2DTranspose(Layer):
    """A transposed convolution over (height, width, channels): it makes maps larger."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv2DTranspose
    arguments: ClassVar[Arguments] = lists.TRANSPOSED


class Conv3DTranspose(Layer):
    """A transposed convolution over (depth, height, width, channels): it makes maps larger."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv3DTranspose
    arguments: ClassVar[Arguments] = lists.TRANSPOSED_3D


class DepthwiseConv1D(Layer):
    """Kernels for each channel of (steps, channels) by itself."""

    kind: ClassVar[type[nn.Layer]] = nn.DepthwiseConv1D
    arguments: ClassVar[Arguments] = lists.DEPTHWISE


class DepthwiseConv2D(Layer):
    """Kernels for each channel of (height, width, channels) by itself."""

    kind: ClassVar[type[nn.Layer]] = nn.DepthwiseConv2D
    arguments: ClassVar[Arguments] = lists.DEPTHWISE


class SeparableConv1D(Layer):
    """A depthwise, then a 1x1 convolution over (steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.SeparableConv1D
    arguments: ClassVar[Arguments] = lists.SEPARABLE


class SeparableConv2D(Layer):
    """A depthwise, then a 1x1 convolution over (height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.SeparableConv2D
    arguments: ClassVar[Arguments] = lists.SEPARABLE


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution2DTranspose = Conv2DTranspose
