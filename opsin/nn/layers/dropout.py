"""Dropout: training with parts of the numbers left out."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from opsin.core import Shape

from ..layer import Layer, check_rank
from ..validation import as_float

_SPATIAL: dict[int, Any] = {1: torch.nn.Dropout1d, 2: torch.nn.Dropout2d, 3: torch.nn.Dropout3d}


@dataclass(frozen=True, repr=False)
class Dropout(Layer):
    """Sets a share `rate` of the numbers to zero while training and scales the others up; nothing on predict.

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
    """Leaves out whole maps, since neighbouring numbers of one map tell the same."""

    rank: ClassVar[int]

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return _SPATIAL[self.rank](self.rate)


@dataclass(frozen=True, repr=False)
class SpatialDropout1D(SpatialDropout):
    """Leaves out whole channels of (steps, channels).

    >>> SpatialDropout1D(0.1).output_shape((16, 8))
    (16, 8)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class SpatialDropout2D(SpatialDropout):
    """Leaves out whole channels of (height, width, channels).

    >>> SpatialDropout2D(0.1).output_shape((16, 16, 8))
    (16, 16, 8)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class SpatialDropout3D(SpatialDropout):
    """Leaves out whole channels of (depth, height, width, channels).

    >>> SpatialDropout3D(0.1).output_shape((4, 16, 16, 8))
    (4, 16, 16, 8)
    """

    rank: ClassVar[int] = 3
