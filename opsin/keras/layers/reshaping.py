"""Layers that rearrange, enlarge or scale, under Keras's argument lists."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class Flatten(Layer):
    """All numbers of an input in one row, in (height, width, channels) order."""

    kind: ClassVar[type[nn.Layer]] = nn.Flatten
    arguments: ClassVar[Arguments] = lists.FLATTEN


class Reshape(Layer):
    """The numbers of an input in another shape; one -1 is worked out."""

    kind: ClassVar[type[nn.Layer]] = nn.Reshape
    arguments: ClassVar[Arguments] = lists.RESHAPE


class Rescaling(Layer):
    """Every number times `scale`, plus `offset`."""

    kind: ClassVar[type[nn.Layer]] = nn.Rescaling
    arguments: ClassVar[Arguments] = lists.RESCALING


class UpSampling1D(Layer):
    """Maps of (steps, channels) `size` times as large."""

    kind: ClassVar[type[nn.Layer]] = nn.UpSampling1D
    arguments: ClassVar[Arguments] = lists.UPSAMPLING_1D


class UpSampling2D(Layer):
    """Maps of (height, width, channels) `size` times as large."""

    kind: ClassVar[type[nn.Layer]] = nn.UpSampling2D
    arguments: ClassVar[Arguments] = lists.UPSAMPLING_2D


class UpSampling3D(Layer):
    """Maps of (depth, height, width, channels) `size` times as large."""

    kind: ClassVar[type[nn.Layer]] = nn.UpSampling3D
    arguments: ClassVar[Arguments] = lists.UPSAMPLING


class ZeroPadding1D(Layer):
    """Zeros around (steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.ZeroPadding1D
    arguments: ClassVar[Arguments] = lists.ZERO_PADDING


class ZeroPadding2D(Layer):
    """Zeros around (height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.ZeroPadding2D
    arguments: ClassVar[Arguments] = lists.ZERO_PADDING


class ZeroPadding3D(Layer):
    """Zeros around (depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.ZeroPadding3D
    arguments: ClassVar[Arguments] = lists.ZERO_PADDING


class Cropping1D(Layer):
    """(steps, channels) with the borders cut off."""

    kind: ClassVar[type[nn.Layer]] = nn.Cropping1D
    arguments: ClassVar[Arguments] = lists.CROPPING_1D


class Cropping2D(Layer):
    """(height, width, channels) with the borders cut off."""

    kind: ClassVar[type[nn.Layer]] = nn.Cropping2D
    arguments: ClassVar[Arguments] = lists.CROPPING_2D


class Cropping3D(Layer):
    """(depth, height, width, channels) with the borders cut off."""

    kind: ClassVar[type[nn.Layer]] = nn.Cropping3D
    arguments: ClassVar[Arguments] = lists.CROPPING_3D
