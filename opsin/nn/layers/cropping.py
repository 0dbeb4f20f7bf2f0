"""Maps with their borders cut off."""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, check_rank, shape_text
from .zero_padding import Pairs, settle_pairs


class CroppingModule(torch.nn.Module):
    """Leaves out positions before and after along each spatial axis."""

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
    """Cuts positions off: one number, one per axis, or a (before, after) pair per axis."""

    rank: ClassVar[int]

    cropping: int | tuple[int, ...] | Pairs = 1

    def __post_init__(self) -> None:
        settle_pairs(self, "cropping", self.rank)

    @property
    def pairs(self) -> Pairs:
        """Positions (before, after) that are cut off along each spatial axis."""
        return cast(Pairs, self.cropping)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        sizes = tuple(size - sum(pair) for size, pair in zip(input_shape, self.pairs, strict=False))
        if min(sizes) < 1:
            raise self.fail(f"cuts {self.pairs} off {shape_text(input_shape)}, which leaves nothing: cut less")
        return (*sizes, input_shape[-1])

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return CroppingModule(self.pairs)


@dataclass(frozen=True, repr=False)
class Cropping1D(Cropping):
    """(steps, channels) with its ends cut off: a number, or (before, after).

    >>> Cropping1D((1, 2)).output_shape((8, 3))
    (5, 3)
    """

    rank: ClassVar[int] = 1

    cropping: int | tuple[int, ...] | Pairs = (1, 1)


@dataclass(frozen=True, repr=False)
class Cropping2D(Cropping):
    """A picture with its borders cut off: one number, one per axis, or a (before, after) pair per axis.

    >>> Cropping2D(((1, 0), (2, 2))).output_shape((8, 8, 3))
    (7, 4, 3)
    """

    rank: ClassVar[int] = 2

    cropping: int | tuple[int, ...] | Pairs = ((0, 0), (0, 0))


@dataclass(frozen=True, repr=False)
class Cropping3D(Cropping):
    """A volume with its borders cut off: one number, one per axis, or a (before, after) pair per axis.

    >>> Cropping3D((1, 0, 0)).output_shape((4, 8, 8, 3))
    (2, 8, 8, 3)
    """

    rank: ClassVar[int] = 3

    cropping: int | tuple[int, ...] | Pairs = ((1, 1), (1, 1), (1, 1))
