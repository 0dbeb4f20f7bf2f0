"""Cropping of spatial borders."""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, check_rank, shape_text
from .zero_padding import Pairs, as_pairs


class CroppingModule(torch.nn.Module):
    """Removes positions at both ends of each spatial axis."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs = pairs

    def forward(self, x: Tensor) -> Tensor:
        for axis, (before, after) in enumerate(self.pairs, start=2):
            if before or after:
                x = x.narrow(axis, before, x.shape[axis] - before - after)
        return x

    def extra_repr(self) -> str:
        return str(self.pairs)


@dataclass(frozen=True, repr=False)
class Cropping(Layer):
    """Base class of cropping layers.

    Args:
        cropping: Positions to remove: one integer for all sides, one per axis, or a pair (before, after) per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    rank: ClassVar[int]

    cropping: int | tuple[int, ...] | Pairs = 1

    def __post_init__(self) -> None:
        as_pairs(self, "cropping", self.rank)

    @property
    def pairs(self) -> Pairs:
        """Returns the numbers of removed positions (before, after) along each spatial axis."""
        return cast(Pairs, self.cropping)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        sizes = tuple(size - sum(pair) for size, pair in zip(input_shape, self.pairs, strict=False))
        if min(sizes) < 1:
            raise self.fail(
                f"removes {self.pairs} from {shape_text(input_shape)}, which leaves no positions. Fix: crop less."
            )
        return (*sizes, input_shape[-1])

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return CroppingModule(self.pairs)


@dataclass(frozen=True, repr=False)
class Cropping1D(Cropping):
    """Crops the borders of sequences (steps, channels).

    Args:
        cropping: Positions to remove: one integer for both ends, or a pair (before, after).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Cropping1D((1, 2)).output_shape((8, 3))
        (5, 3)
    """

    rank: ClassVar[int] = 1

    cropping: int | tuple[int, ...] | Pairs = (1, 1)


@dataclass(frozen=True, repr=False)
class Cropping2D(Cropping):
    """Crops the borders of images (height, width, channels).

    Args:
        cropping: Positions to remove: one integer for all sides, one per axis, or a pair (before, after) per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Cropping2D(((1, 0), (2, 2))).output_shape((8, 8, 3))
        (7, 4, 3)
    """

    rank: ClassVar[int] = 2

    cropping: int | tuple[int, ...] | Pairs = ((0, 0), (0, 0))


@dataclass(frozen=True, repr=False)
class Cropping3D(Cropping):
    """Crops the borders of volumes (depth, height, width, channels).

    Args:
        cropping: Positions to remove: one integer for all sides, one per axis, or a pair (before, after) per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Cropping3D((1, 0, 0)).output_shape((4, 8, 8, 3))
        (2, 8, 8, 3)
    """

    rank: ClassVar[int] = 3

    cropping: int | tuple[int, ...] | Pairs = ((1, 1), (1, 1), (1, 1))
