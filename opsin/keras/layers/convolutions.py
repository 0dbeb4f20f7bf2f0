"""Convolution layers with Keras's arguments."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class Conv1D(Layer):
    """1D convolution over inputs (n, steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv1D
    arguments: ClassVar[Arguments] = lists.CONVOLUTION


class Conv2D(Layer):
    """2D convolution over inputs (n, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv2D
    arguments: ClassVar[Arguments] = lists.CONVOLUTION


class Conv3D(Layer):
    """3D convolution over inputs (n, depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv3D
    arguments: ClassVar[Arguments] = lists.CONVOLUTION


class Conv1DTranspose(Layer):
    """1D transposed convolution over inputs (n, steps, channels), for upsampling."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv1DTranspose
    arguments: ClassVar[Arguments] = lists.TRANSPOSED


class Conv2DTranspose(Layer):
    """2D transposed convolution over inputs (n, height, width, channels), for upsampling."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv2DTranspose
    arguments: ClassVar[Arguments] = lists.TRANSPOSED


class Conv3DTranspose(Layer):
    """3D transposed convolution over inputs (n, depth, height, width, channels), for upsampling."""

    kind: ClassVar[type[nn.Layer]] = nn.Conv3DTranspose
    arguments: ClassVar[Arguments] = lists.TRANSPOSED_3D


class DepthwiseConv1D(Layer):
    """1D depthwise convolution over inputs (n, steps, channels): separate kernels for each channel."""

    kind: ClassVar[type[nn.Layer]] = nn.DepthwiseConv1D
    arguments: ClassVar[Arguments] = lists.DEPTHWISE


class DepthwiseConv2D(Layer):
    """2D depthwise convolution over inputs (n, height, width, channels): separate kernels for each channel."""

    kind: ClassVar[type[nn.Layer]] = nn.DepthwiseConv2D
    arguments: ClassVar[Arguments] = lists.DEPTHWISE


class SeparableConv1D(Layer):
    """1D depthwise separable convolution over inputs (n, steps, channels): depthwise, then 1x1."""

    kind: ClassVar[type[nn.Layer]] = nn.SeparableConv1D
    arguments: ClassVar[Arguments] = lists.SEPARABLE


class SeparableConv2D(Layer):
    """2D depthwise separable convolution over inputs (n, height, width, channels): depthwise, then 1x1."""

    kind: ClassVar[type[nn.Layer]] = nn.SeparableConv2D
    arguments: ClassVar[Arguments] = lists.SEPARABLE


Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution2DTranspose = Conv2DTranspose
