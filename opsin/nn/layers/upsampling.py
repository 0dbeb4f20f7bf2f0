"""Upsampling without weights."""

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, check_rank
from ..receptive_field import ReceptiveField
from ..validation import as_ints, check_choice


class UpSamplingModule(torch.nn.Module):
    """Upsamples by an integer factor per spatial axis."""

    def __init__(self, size: tuple[int, ...], interpolation: str) -> None:
        super().__init__()
        self.size, self.interpolation = size, interpolation

    def forward(self, x: Tensor) -> Tensor:
        sizes = [length * times for length, times in zip(x.shape[2:], self.size, strict=True)]
        if self.interpolation == "nearest":
            return F.interpolate(x, sizes)
        return F.interpolate(x, sizes, mode="bilinear", align_corners=False)

    def extra_repr(self) -> str:
        return f"{self.size}, {self.interpolation}"


@dataclass(frozen=True, repr=False)
class UpSampling(Layer):
    """Base class of upsampling layers.

    Args:
        size: Upsampling factor: one integer for all axes, or one per axis.
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    rank: ClassVar[int]

    size: int | tuple[int, ...] = 2

    def __post_init__(self) -> None:
        as_ints(self, "size", self.rank)

    @property
    def interpolation_mode(self) -> str:
        """Returns the interpolation mode: "nearest" or "bilinear"."""
        return "nearest"

    @property
    def window(self) -> ReceptiveField:
        reach = (1 if self.interpolation_mode == "nearest" else 2,) * self.rank
        return ReceptiveField(reach, (1,) * self.rank, (1,) * self.rank, cast("tuple[int, ...]", self.size))

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        times = cast("tuple[int, ...]", self.size)
        return (*(length * factor for length, factor in zip(input_shape, times, strict=False)), input_shape[-1])

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return UpSamplingModule(cast("tuple[int, ...]", self.size), self.interpolation_mode)


@dataclass(frozen=True, repr=False)
class UpSampling1D(UpSampling):
    """Upsamples sequences (steps, channels) by repeating each position.

    Args:
        size: Upsampling factor of the steps.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> UpSampling1D(2).output_shape((8, 3))
        (16, 3)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class UpSampling2D(UpSampling):
    """Upsamples images (height, width, channels) by nearest or bilinear interpolation.

    Args:
        size: Upsampling factor: one integer for all axes, or one per axis (height, width).
        interpolation: "nearest" (repeats each value) or "bilinear".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> UpSampling2D(2, interpolation="bilinear").output_shape((8, 8, 3))
        (16, 16, 3)
    """

    rank: ClassVar[int] = 2

    interpolation: str = "nearest"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "interpolation", ("nearest", "bilinear"))

    @property
    def interpolation_mode(self) -> str:
        return self.interpolation


@dataclass(frozen=True, repr=False)
class UpSampling3D(UpSampling):
    """Upsamples volumes (depth, height, width, channels) by repeating each position.

    Args:
        size: Upsampling factor: one integer for all axes, or one per axis (depth, height, width).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> UpSampling3D((1, 2, 2)).output_shape((4, 8, 8, 3))
        (4, 16, 16, 3)
    """

    rank: ClassVar[int] = 3
