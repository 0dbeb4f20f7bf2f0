"""Normalization and dropout layers with Keras's arguments."""

from typing import ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class BatchNormalization(Layer):
    """Normalizes each channel to mean 0 and variance 1 over the batch, then applies a scale and an offset."""

    kind: ClassVar[type[nn.Layer]] = nn.BatchNormalization
    arguments: ClassVar[Arguments] = lists.BATCH_NORMALIZATION


class LayerNormalization(Layer):
    """Normalizes the channels of each position to mean 0 and variance 1, then applies a scale and an offset."""

    kind: ClassVar[type[nn.Layer]] = nn.LayerNormalization
    arguments: ClassVar[Arguments] = lists.LAYER_NORMALIZATION


class GroupNormalization(Layer):
    """Normalizes each group of channels to mean 0 and variance 1, then applies a scale and an offset."""

    kind: ClassVar[type[nn.Layer]] = nn.GroupNormalization
    arguments: ClassVar[Arguments] = lists.GROUP_NORMALIZATION


class Dropout(Layer):
    """Sets a random share of the elements to zero in training and scales the others up."""

    kind: ClassVar[type[nn.Layer]] = nn.Dropout
    arguments: ClassVar[Arguments] = lists.DROPOUT


class SpatialDropout1D(Layer):
    """Dropout of whole channels of inputs (n, steps, channels) in training."""

    kind: ClassVar[type[nn.Layer]] = nn.SpatialDropout1D
    arguments: ClassVar[Arguments] = lists.SPATIAL_DROPOUT_1D


class SpatialDropout2D(Layer):
    """Dropout of whole channels of inputs (n, height, width, channels) in training."""

    kind: ClassVar[type[nn.Layer]] = nn.SpatialDropout2D
    arguments: ClassVar[Arguments] = lists.SPATIAL_DROPOUT


class SpatialDropout3D(Layer):
    """Dropout of whole channels of inputs (n, depth, height, width, channels) in training."""

    kind: ClassVar[type[nn.Layer]] = nn.SpatialDropout3D
    arguments: ClassVar[Arguments] = lists.SPATIAL_DROPOUT
