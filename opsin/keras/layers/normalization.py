"""Normalisation and dropout under Keras's argument lists."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class BatchNormalization(Layer):
    """Each channel to mean 0 and variance 1 over the batch, then scale and offset."""

    kind: ClassVar[type[nn.Layer]] = nn.BatchNormalization
    arguments: ClassVar[Arguments] = lists.BATCH_NORMALIZATION


class LayerNormalization(Layer):
    """The channels of each position to mean 0 and variance 1, then scale and offset."""

    kind: ClassVar[type[nn.Layer]] = nn.LayerNormalization
    arguments: ClassVar[Arguments] = lists.LAYER_NORMALIZATION


class GroupNormalization(Layer):
    """Groups of channels to mean 0 and variance 1, then scale and offset."""

    kind: ClassVar[type[nn.Layer]] = nn.GroupNormalization
    arguments: ClassVar[Arguments] = lists.GROUP_NORMALIZATION


class Dropout(Layer):
    """Sets a share `rate` of the numbers to zero while training."""

    kind: ClassVar[type[nn.Layer]] = nn.Dropout
    arguments: ClassVar[Arguments] = lists.DROPOUT


class SpatialDropout1D(Layer):
    """Leaves out whole channels of (steps, channels) while training."""

    kind: ClassVar[type[nn.Layer]] = nn.SpatialDropout1D
    arguments: ClassVar[Arguments] = lists.SPATIAL_DROPOUT_1D


class SpatialDropout2D(Layer):
    """Leaves out whole channels of (height, width, channels) while training."""

    kind: ClassVar[type[nn.Layer]] = nn.SpatialDropout2D
    arguments: ClassVar[Arguments] = lists.SPATIAL_DROPOUT


class SpatialDropout3D(Layer):
    """Leaves out whole channels of (depth, height, width, channels) while training."""

    kind: ClassVar[type[nn.Layer]] = nn.SpatialDropout3D
    arguments: ClassVar[Arguments] = lists.SPATIAL_DROPOUT
