"""Maximum and average pooling."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape
from opsin.kernels import max_pool2d

from ..layer import Layer, check_rank
from ..padding import PADDINGS, pad_same, same_padding, windows_shape
from ..receptive_field import ReceptiveField
from ..validation import as_ints, check_choice

_MAX: dict[int, Any] = {1: F.max_pool1d, 2: max_pool2d, 3: F.max_pool3d}
_AVERAGE: dict[int, Any] = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


class MaxPoolModule(torch.nn.Module):
    """Computes the maximum of each window."""

    def __init__(self, window: ReceptiveField, same: bool) -> None:
        super().__init__()
        self.window, self.same = window, same

    def forward(self, x: Tensor) -> Tensor:
        if self.same:
            x = pad_same(x, self.window, float("-inf"))
        return _MAX[x.ndim - 2](x, self.window.kernel, self.window.strides)

    def extra_repr(self) -> str:
        return f"{self.window.kernel}, strides={self.window.strides}" + (", same" if self.same else "")


class AveragePoolModule(MaxPoolModule):
    """Computes the mean of each window. Padding is not counted."""

    def forward(self, x: Tensor) -> Tensor:
        average = _AVERAGE[x.ndim - 2]
        mean = average(pad_same(x, self.window) if self.same else x, self.window.kernel, self.window.strides)
        axes = zip(x.shape[2:], self.window.extent, self.window.strides, strict=True)
        if not self.same or not any(any(same_padding(*axis)) for axis in axes):
            return mean
        ones = pad_same(x.new_ones((1, 1, *x.shape[2:])), self.window)
        return mean / average(ones, self.window.kernel, self.window.strides)


@dataclass(frozen=True, repr=False)
class Pooling(Layer):
    """Base class of pooling layers.

    Args:
        pool_size: Window size in positions: one integer for all axes, or one per axis.
        strides: Step of the window in positions: one integer for all axes, or one per axis. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    rank: ClassVar[int]
    module: ClassVar[type[MaxPoolModule]] = MaxPoolModule

    pool_size: int | tuple[int, ...] = 2
    strides: int | tuple[int, ...] | None = None
    padding: str = "valid"

    def __post_init__(self) -> None:
        as_ints(self, "pool_size", self.rank)
        if self.strides is None:
            object.__setattr__(self, "strides", self.pool_size)
        as_ints(self, "strides", self.rank)
        check_choice(self, "padding", PADDINGS)

    @property
    def window(self) -> ReceptiveField:
        assert isinstance(self.pool_size, tuple)
        assert isinstance(self.strides, tuple)
        return ReceptiveField(self.pool_size, self.strides, (1,) * self.rank)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        return (*windows_shape(self, input_shape, self.window, self.padding), input_shape[-1])

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return self.module(self.window, self.padding == "same")


@dataclass(frozen=True, repr=False)
class MaxPooling1D(Pooling):
    """Max pooling over sequences (steps, channels).

    Args:
        pool_size: Window size in positions: one integer, or a tuple of one.
        strides: Step of the window in positions: one integer, or a tuple of one. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> MaxPooling1D(2).output_shape((65, 3))
        (32, 3)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class MaxPooling2D(Pooling):
    """Max pooling over images (height, width, channels).

    Args:
        pool_size: Window size in positions: one integer for all axes, or one per axis.
        strides: Step of the window in positions: one integer for all axes, or one per axis. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> MaxPooling2D(2).output_shape((65, 65, 3))
        (32, 32, 3)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class MaxPooling3D(Pooling):
    """Max pooling over volumes (depth, height, width, channels).

    Args:
        pool_size: Window size in positions: one integer for all axes, or one per axis.
        strides: Step of the window in positions: one integer for all axes, or one per axis. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> MaxPooling3D((1, 2, 2)).output_shape((5, 8, 8, 3))
        (5, 4, 4, 3)
    """

    rank: ClassVar[int] = 3


@dataclass(frozen=True, repr=False)
class AveragePooling1D(MaxPooling1D):
    """Average pooling over sequences (steps, channels).

    Args:
        pool_size: Window size in positions: one integer, or a tuple of one.
        strides: Step of the window in positions: one integer, or a tuple of one. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> AveragePooling1D(2, padding="same").output_shape((65, 3))
        (33, 3)
    """

    module: ClassVar[type[MaxPoolModule]] = AveragePoolModule


@dataclass(frozen=True, repr=False)
class AveragePooling2D(MaxPooling2D):
    """Average pooling over images (height, width, channels).

    Args:
        pool_size: Window size in positions: one integer for all axes, or one per axis.
        strides: Step of the window in positions: one integer for all axes, or one per axis. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> AveragePooling2D(2, padding="same").output_shape((65, 65, 3))
        (33, 33, 3)
    """

    module: ClassVar[type[MaxPoolModule]] = AveragePoolModule


@dataclass(frozen=True, repr=False)
class AveragePooling3D(MaxPooling3D):
    """Average pooling over volumes (depth, height, width, channels).

    Args:
        pool_size: Window size in positions: one integer for all axes, or one per axis.
        strides: Step of the window in positions: one integer for all axes, or one per axis. Default: `pool_size`.
        padding: "valid" (none) or "same" (output size = input size / strides, rounded up; padding does not affect the
            result).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> AveragePooling3D(2).output_shape((8, 8, 8, 3))
        (4, 4, 4, 3)
    """

    module: ClassVar[type[MaxPoolModule]] = AveragePoolModule
