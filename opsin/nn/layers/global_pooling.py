"""Pooling of whole maps: one number for each channel."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, check_rank
from ..validation import as_bool


class GlobalPoolModule(torch.nn.Module):
    """The mean or the largest number of each channel over all positions."""

    def __init__(self, largest: bool, keepdims: bool) -> None:
        super().__init__()
        self.largest, self.keepdims = largest, keepdims

    def forward(self, x: Tensor) -> Tensor:
        axes = tuple(range(2, x.ndim))
        return x.amax(axes, self.keepdims) if self.largest else x.mean(axes, self.keepdims)

    def extra_repr(self) -> str:
        return "max" if self.largest else "average"


@dataclass(frozen=True, repr=False)
class GlobalPooling(Layer):
    """One number for each channel; `keepdims` leaves axes of length 1 where the map was."""

    rank: ClassVar[int]
    largest: ClassVar[bool]

    keepdims: bool = False

    def __post_init__(self) -> None:
        as_bool(self, "keepdims")

    @property
    def window(self) -> None:
        return None

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        return ((1,) * self.rank if self.keepdims else ()) + input_shape[-1:]

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return GlobalPoolModule(self.largest, self.keepdims)


@dataclass(frozen=True, repr=False)
class GlobalMaxPooling1D(GlobalPooling):
    """The largest number of each channel: (steps, channels) to (channels,).

    >>> GlobalMaxPooling1D().output_shape((8, 64))
    (64,)
    """

    rank: ClassVar[int] = 1
    largest: ClassVar[bool] = True


@dataclass(frozen=True, repr=False)
class GlobalMaxPooling2D(GlobalPooling):
    """The largest number of each channel: (height, width, channels) to (channels,).

    >>> GlobalMaxPooling2D(keepdims=True).output_shape((8, 8, 64))
    (1, 1, 64)
    """

    rank: ClassVar[int] = 2
    largest: ClassVar[bool] = True


@dataclass(frozen=True, repr=False)
class GlobalMaxPooling3D(GlobalPooling):
    """The largest number of each channel: (depth, height, width, channels) to (channels,).

    >>> GlobalMaxPooling3D().output_shape((8, 8, 8, 64))
    (64,)
    """

    rank: ClassVar[int] = 3
    largest: ClassVar[bool] = True


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling1D(GlobalPooling):
    """The mean of each channel: (steps, channels) to (channels,).

    >>> GlobalAveragePooling1D().output_shape((8, 64))
    (64,)
    """

    rank: ClassVar[int] = 1
    largest: ClassVar[bool] = False


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel: (height, width, channels) to (channels,).

    >>> GlobalAveragePooling2D().output_shape((8, 8, 64))
    (64,)
    """

    rank: ClassVar[int] = 2
    largest: ClassVar[bool] = False


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling3D(GlobalPooling):
    """The mean of each channel: (depth, height, width, channels) to (channels,).

    >>> GlobalAveragePooling3D().output_shape((8, 8, 8, 64))
    (64,)
    """

    rank: ClassVar[int] = 3
    largest: ClassVar[bool] = False
