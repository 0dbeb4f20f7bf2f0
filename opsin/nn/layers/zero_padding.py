"""Zeros around maps."""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape
from opsin.kernels.padding import pad

from ..layer import Layer, check_rank, short_repr
from ..validation import as_count

Pairs = tuple[tuple[int, int], ...]


class ZeroPaddingModule(torch.nn.Module):
    """Adds zeros before and after each spatial axis."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__()
        self.pairs = pairs

    def forward(self, x: Tensor) -> Tensor:
        return pad(x, self.pairs)

    def extra_repr(self) -> str:
        return str(self.pairs)


def settle_pairs(layer: Layer, field: str, rank: int) -> None:
    """Makes a (before, after) pair per axis of one number, one per axis, or pairs; NetworkError otherwise."""
    value: object = getattr(layer, field)
    items: list[object] = list(cast("tuple[object]", value)) if isinstance(value, list | tuple) else [value] * rank
    if rank == 1 and len(items) == 2:  # Keras's ZeroPadding1D((before, after))
        items = [tuple(items)]
    pairs = [cast("list[object]", list(i)) if isinstance(i, list | tuple) else [i, i] for i in items]
    settled = tuple(tuple(as_count(amount, 0) for amount in pair) for pair in pairs)
    if len(settled) != rank or not all(len(pair) == 2 and None not in pair for pair in settled):
        what = "two of them" if rank == 1 else f"{rank} of them or {rank} pairs"
        raise layer.fail(f"takes a whole number of at least 0, or {what}, for {field}, got {short_repr(value)}")
    object.__setattr__(layer, field, settled)


@dataclass(frozen=True, repr=False)
class ZeroPadding(Layer):
    """Zeros around a map: one number, one per axis, or a (before, after) pair per axis."""

    rank: ClassVar[int]

    padding: int | tuple[int, ...] | Pairs = 1

    def __post_init__(self) -> None:
        settle_pairs(self, "padding", self.rank)

    @property
    def pairs(self) -> Pairs:
        """Zeros (before, after) along each spatial axis."""
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
    """Zeros around (steps, channels): a number, or (before, after).

    >>> ZeroPadding1D((1, 0)).output_shape((8, 3))
    (9, 3)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class ZeroPadding2D(ZeroPadding):
    """Zeros around a picture: one number, one per axis, or a (before, after) pair per axis.

    >>> ZeroPadding2D(((1, 0), (2, 2))).output_shape((8, 8, 3))
    (9, 12, 3)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume: one number, one per axis, or a (before, after) pair per axis.

    >>> ZeroPadding3D((1, 0, 0)).output_shape((4, 8, 8, 3))
    (6, 8, 8, 3)
    """

    rank: ClassVar[int] = 3
