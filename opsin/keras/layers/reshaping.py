"""Layers that reshape, rescale, upsample, pad or crop, with Keras's arguments."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class Flatten(Layer):
    """Flattens each input to one axis, in (height, width, channels) order."""

    kind: ClassVar[type[nn.Layer]] = nn.Flatten
    arguments: ClassVar[Arguments] = lists.FLATTEN


class Reshape(Layer):
    """Reshapes each input; the elements keep their order."""

    kind: ClassVar[type[nn.Layer]] = nn.Reshape
    arguments: ClassVar[Arguments] = lists.RESHAPE


class Rescaling(Layer):
    """Multiplies each element by `scale` and adds `offset`."""

    kind: ClassVar[type[nn.Layer]] = nn.Rescaling
    arguments: ClassVar[Arguments] = lists.RESCALING


class UpSampling1D(Layer):
    """Upsampling of inputs (n, steps, channels) by an integer factor."""

    kind: ClassVar[type[nn.Layer]] = nn.UpSampling1D
    arguments: ClassVar[Arguments] = lists.UPSAMPLING_1D


class UpSampling2D(Layer):
    """Upsampling of inputs (n, height, width, channels) by an integer factor."""

    kind: ClassVar[type[nn.Layer]] = nn.UpSampling2D
    arguments: ClassVar[Arguments] = lists.UPSAMPLING_2D


class UpSampling3D(Layer):
    """Upsampling of inputs (n, depth, height, width, channels) by an integer factor."""

    kind: ClassVar[type[nn.Layer]] = nn.UpSampling3D
    arguments: ClassVar[Arguments] = lists.UPSAMPLING


class ZeroPadding1D(Layer):
    """Zero padding of inputs (n, steps, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.ZeroPadding1D
    arguments: ClassVar[Arguments] = lists.ZERO_PADDING


class ZeroPadding2D(Layer):
    """Zero padding of inputs (n, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.ZeroPadding2D
    arguments: ClassVar[Arguments] = lists.ZERO_PADDING


class ZeroPadding3D(Layer):
    """Zero padding of inputs (n, depth, height, width, channels)."""

    kind: ClassVar[type[nn.Layer]] = nn.ZeroPadding3D
    arguments: ClassVar[Arguments] = lists.ZERO_PADDING


class Cropping1D(Layer):
    """Cropping of inputs (n, steps, channels) at the borders."""

    kind: ClassVar[type[nn.Layer]] = nn.Cropping1D
    arguments: ClassVar[Arguments] = lists.CROPPING_1D


class Cropping2D(Layer):
    """Cropping of inputs (n, height, width, channels) at the borders."""

    kind: ClassVar[type[nn.Layer]] = nn.Cropping2D
    arguments: ClassVar[Arguments] = lists.CROPPING_2D


class Cropping3D(Layer):
    """Cropping of inputs (n, depth, height, width, channels) at the borders."""

    kind: ClassVar[type[nn.Layer]] = nn.Cropping3D
    arguments: ClassVar[Arguments] = lists.CROPPING_3D
