"""Pooling: what is kept of a window, or of a whole picture."""

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape

from .arguments import settle_choice, settle_counts
from .layer import Layer, need_rank
from .padding import PADDINGS, pad_same, same_padding, windows_shape
from .window import Window


class MaxPoolModule(torch.nn.Module):
    """The largest number of each window."""

    def __init__(self, window: Window, same: bool) -> None:
        super().__init__()
        self.window, self.same = window, same

    def forward(self, x: Tensor) -> Tensor:
        if self.same:
            x = pad_same(x, self.window, float("-inf"))
        return F.max_pool2d(x, self.window.kernel, self.window.strides)

    def extra_repr(self) -> str:
        return f"{self.window.kernel}, strides={self.window.strides}" + (", same" if self.same else "")


class AveragePoolModule(MaxPoolModule):
    """The mean of each window; what "same" padding adds is not counted."""

    def forward(self, x: Tensor) -> Tensor:
        mean = F.avg_pool2d(pad_same(x, self.window) if self.same else x, self.window.kernel, self.window.strides)
        axes = zip(x.shape[2:], self.window.extent, self.window.strides, strict=True)
        if not self.same or not any(any(same_padding(*axis)) for axis in axes):
            return mean
        ones = pad_same(x.new_ones((1, 1, *x.shape[2:])), self.window)
        return mean / F.avg_pool2d(ones, self.window.kernel, self.window.strides)


class GlobalPoolModule(torch.nn.Module):
    """The mean or the largest number of each channel over all positions."""

    def __init__(self, largest: bool) -> None:
        super().__init__()
        self.largest = largest

    def forward(self, x: Tensor) -> Tensor:
        axes = tuple(range(2, x.ndim))
        return x.amax(axes) if self.largest else x.mean(axes)

    def extra_repr(self) -> str:
        return "max" if self.largest else "average"


@dataclass(frozen=True, repr=False)
class MaxPooling2D(Layer):
    """The largest number of each window; `strides` None moves by the window's own size.

    >>> MaxPooling2D(2).output_shape((65, 65, 3))
    (32, 32, 3)
    """

    rank: ClassVar[int] = 2

    pool_size: int | tuple[int, ...] = 2
    strides: int | tuple[int, ...] | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        settle_counts(self, "pool_size", self.rank)
        if self.strides is None:
            object.__setattr__(self, "strides", self.pool_size)
        settle_counts(self, "strides", self.rank)
        settle_choice(self, "padding", PADDINGS)

    @property
    def window(self) -> Window:
        assert isinstance(self.pool_size, tuple)
        assert isinstance(self.strides, tuple)
        return Window(self.pool_size, self.strides, (1,) * self.rank)

    def output_shape(self, input_shape: Shape) -> Shape:
        need_rank(self, input_shape, self.rank)
        return (*windows_shape(self, input_shape, self.window, self.padding), input_shape[-1])

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return MaxPoolModule(self.window, self.padding == "same")


@dataclass(frozen=True, repr=False)
class AveragePooling2D(MaxPooling2D):
    """The mean of each window; `strides` None moves by the window's own size.

    >>> AveragePooling2D(2, padding="same").output_shape((65, 65, 3))
    (33, 33, 3)
    """

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return AveragePoolModule(self.window, self.padding == "same")


@dataclass(frozen=True, repr=False)
class GlobalMaxPooling2D(Layer):
    """The largest number of each channel: (height, width, channels) to (channels,).

    >>> GlobalMaxPooling2D().output_shape((8, 8, 64))
    (64,)
    """

    rank: ClassVar[int] = 2

    @property
    def window(self) -> None:
        return None

    def output_shape(self, input_shape: Shape) -> Shape:
        need_rank(self, input_shape, self.rank)
        return input_shape[-1:]

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return GlobalPoolModule(largest=True)


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling2D(GlobalMaxPooling2D):
    """The mean of each channel: (height, width, channels) to (channels,).

    >>> GlobalAveragePooling2D().output_shape((8, 8, 64))
    (64,)
    """

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return GlobalPoolModule(largest=False)
