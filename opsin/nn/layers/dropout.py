"""Dropout."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from opsin.core import Shape

from ..layer import Layer, check_rank
from ..validation import as_float

_SPATIAL: dict[int, Any] = {1: torch.nn.Dropout1d, 2: torch.nn.Dropout2d, 3: torch.nn.Dropout3d}


@dataclass(frozen=True, repr=False)
class Dropout(Layer):
    """Sets random values to zero during training and scales the others by 1 / (1 - rate).

    In evaluation mode it is the identity (Srivastava et al., JMLR 15, 2014).

    Args:
        rate: Fraction of the values to drop, from 0 to 1.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Dropout(0.5).output_shape((128,))
        (128,)
    """

    rate: float

    def __post_init__(self) -> None:
        as_float(self, "rate", 0, 1)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return torch.nn.Dropout(self.rate)


@dataclass(frozen=True, repr=False)
class SpatialDropout(Dropout):
    """Base class of layers that drop whole channels, since neighbouring values of a feature map are correlated.

    Args:
        rate: Fraction of the channels to drop, from 0 to 1.
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    rank: ClassVar[int]

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return _SPATIAL[self.rank](self.rate)


@dataclass(frozen=True, repr=False)
class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of sequences (steps, channels) during training.

    Args:
        rate: Fraction of the channels to drop, from 0 to 1.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> SpatialDropout1D(0.1).output_shape((16, 8))
        (16, 8)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of images (height, width, channels) during training.

    Args:
        rate: Fraction of the channels to drop, from 0 to 1.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> SpatialDropout2D(0.1).output_shape((16, 16, 8))
        (16, 16, 8)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of volumes (depth, height, width, channels) during training.

    Args:
        rate: Fraction of the channels to drop, from 0 to 1.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> SpatialDropout3D(0.1).output_shape((4, 16, 16, 8))
        (4, 16, 16, 8)
    """

    rank: ClassVar[int] = 3
