"""Zero padding of spatial borders."""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape
from opsin.kernels import pad

from ..layer import Layer, check_rank, short_repr
from ..validation import as_count

Pairs = tuple[tuple[int, int], ...]


class ZeroPaddingModule(torch.nn.Module):
    """Adds zeros at both ends of each spatial axis."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs = pairs

    def forward(self, x: Tensor) -> Tensor:
        return pad(x, self.pairs)

    def extra_repr(self) -> str:
        return str(self.pairs)


def as_pairs(layer: Layer, field: str, rank: int) -> None:
    """Converts a field to one pair (before, after) per spatial axis.

    Args:
        layer: The layer, whose field is converted in place.
        field: Name of the field: one integer, one per axis, or one pair per axis.
        rank: Number of spatial axes.

    Raises:
        NetworkError: The value is of another type, length or range.
    """
    value: object = getattr(layer, field)
    items: list[object] = list(cast("tuple[object]", value)) if isinstance(value, list | tuple) else [value] * rank
    if rank == 1 and len(items) == 2:  # Keras's ZeroPadding1D((before, after))
        items = [tuple(items)]
    pairs = [cast("list[object]", list(i)) if isinstance(i, list | tuple) else [i, i] for i in items]
    converted = tuple(tuple(as_count(amount, 0) for amount in pair) for pair in pairs)
    if len(converted) != rank or not all(len(pair) == 2 and None not in pair for pair in converted):
        others = "a pair" if rank == 1 else f"a tuple of {rank} or {rank} pairs"
        raise layer.fail(f"got {field}={short_repr(value)}. Expected an integer of at least 0, or {others}.")
    object.__setattr__(layer, field, converted)


@dataclass(frozen=True, repr=False)
class ZeroPadding(Layer):
    """Base class of zero padding layers.

    Args:
        padding: Positions to add: one integer for all sides, one per axis, or a pair (before, after) per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    rank: ClassVar[int]

    padding: int | tuple[int, ...] | Pairs = 1

    def __post_init__(self) -> None:
        as_pairs(self, "padding", self.rank)

    @property
    def pairs(self) -> Pairs:
        """Returns the numbers of added zeros (before, after) along each spatial axis."""
        return cast(Pairs, self.padding)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        sizes = (size + sum(pair) for size, pair in zip(input_shape, self.pairs, strict=False))
        return (*sizes, input_shape[-1])

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return ZeroPaddingModule(self.pairs)


@dataclass(frozen=True, repr=False)
class ZeroPadding1D(ZeroPadding):
    """Adds zeros around sequences (steps, channels).

    Args:
        padding: Positions to add: one integer for both ends, or a pair (before, after).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> ZeroPadding1D((1, 0)).output_shape((8, 3))
        (9, 3)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class ZeroPadding2D(ZeroPadding):
    """Adds zeros around images (height, width, channels).

    Args:
        padding: Positions to add: one integer for all sides, one per axis, or a pair (before, after) per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> ZeroPadding2D(((1, 0), (2, 2))).output_shape((8, 8, 3))
        (9, 12, 3)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class ZeroPadding3D(ZeroPadding):
    """Adds zeros around volumes (depth, height, width, channels).

    Args:
        padding: Positions to add: one integer for all sides, one per axis, or a pair (before, after) per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> ZeroPadding3D((1, 0, 0)).output_shape((4, 8, 8, 3))
        (6, 8, 8, 3)
    """

    rank: ClassVar[int] = 3
