"""Global pooling: one value per channel."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, check_rank
from ..validation import as_bool


class GlobalPoolModule(torch.nn.Module):
    """Computes the mean or maximum of each channel over all positions."""

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
    """Base class of global pooling layers.

    Args:
        keepdims: Keep spatial axes of length 1.
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

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
    """Computes the maximum of each channel over all positions of (steps, channels).

    Args:
        keepdims: Keep the spatial axes: the output is (1, channels) instead of (channels,).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GlobalMaxPooling1D().output_shape((8, 64))
        (64,)
    """

    rank: ClassVar[int] = 1
    largest: ClassVar[bool] = True


@dataclass(frozen=True, repr=False)
class GlobalMaxPooling2D(GlobalPooling):
    """Computes the maximum of each channel over all positions of (height, width, channels).

    Args:
        keepdims: Keep the spatial axes: the output is (1, 1, channels) instead of (channels,).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GlobalMaxPooling2D(keepdims=True).output_shape((8, 8, 64))
        (1, 1, 64)
    """

    rank: ClassVar[int] = 2
    largest: ClassVar[bool] = True


@dataclass(frozen=True, repr=False)
class GlobalMaxPooling3D(GlobalPooling):
    """Computes the maximum of each channel over all positions of (depth, height, width, channels).

    Args:
        keepdims: Keep the spatial axes: the output is (1, 1, 1, channels) instead of (channels,).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GlobalMaxPooling3D().output_shape((8, 8, 8, 64))
        (64,)
    """

    rank: ClassVar[int] = 3
    largest: ClassVar[bool] = True


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling1D(GlobalPooling):
    """Computes the mean of each channel over all positions of (steps, channels).

    Args:
        keepdims: Keep the spatial axes: the output is (1, channels) instead of (channels,).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GlobalAveragePooling1D().output_shape((8, 64))
        (64,)
    """

    rank: ClassVar[int] = 1
    largest: ClassVar[bool] = False


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling2D(GlobalPooling):
    """Computes the mean of each channel over all positions of (height, width, channels).

    Args:
        keepdims: Keep the spatial axes: the output is (1, 1, channels) instead of (channels,).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GlobalAveragePooling2D().output_shape((8, 8, 64))
        (64,)
    """

    rank: ClassVar[int] = 2
    largest: ClassVar[bool] = False


@dataclass(frozen=True, repr=False)
class GlobalAveragePooling3D(GlobalPooling):
    """Computes the mean of each channel over all positions of (depth, height, width, channels).

    Args:
        keepdims: Keep the spatial axes: the output is (1, 1, 1, channels) instead of (channels,).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> GlobalAveragePooling3D().output_shape((8, 8, 8, 64))
        (64,)
    """

    rank: ClassVar[int] = 3
    largest: ClassVar[bool] = False
