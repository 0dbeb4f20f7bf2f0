"""Convolutions that do not mix channels, and those that mix them in a second step."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import ClassVar

import torch

from opsin.core import Shape

from ..initializers import check_initializer
from ..layer import Layer, check_rank, numel
from ..padding import windows_shape
from ..receptive_field import ReceptiveField
from ..validation import as_int
from .convolution import Conv1D, Conv2D, Convolution, check_window, convolution_module, kernel_window


@dataclass(frozen=True, repr=False)
class Depthwise(Layer):
    """`depth_multiplier` kernels for each channel by itself; its subclasses say over how many axes."""

    rank: ClassVar[int]

    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    depth_multiplier: int = 1
    activation: str | None = None
    use_bias: bool = True
    dilation_rate: int | tuple[int, ...] = 1
    depthwise_initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        check_window(self)
        as_int(self, "depth_multiplier")
        check_initializer(self, "depthwise_initializer")

    @property
    def window(self) -> ReceptiveField:
        return kernel_window(self)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        channels = input_shape[-1] * self.depth_multiplier
        return (*windows_shape(self, input_shape, self.window, self.padding), channels)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        channels = input_shape[-1]
        filters = self.output_shape(input_shape)[-1]
        receptive = numel(self.window.kernel)
        fans = channels * receptive, self.depth_multiplier * receptive  # as Keras counts them
        return convolution_module(self, channels, filters, channels, self.depthwise_initializer, fans)

    def multiply_adds(self, input_shape: Shape) -> int:
        return numel(self.output_shape(input_shape)) * numel(self.window.kernel)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return input_shape[-1] * self.depth_multiplier * (numel(self.window.kernel) + self.use_bias)


@dataclass(frozen=True, repr=False)
class DepthwiseConv1D(Depthwise):
    """Kernels for each channel of (steps, channels) by itself.

    >>> DepthwiseConv1D(3).trainable_parameters((64, 32))
    128
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class DepthwiseConv2D(Depthwise):
    """Kernels for each channel of (height, width, channels) by itself.

    >>> DepthwiseConv2D(3).trainable_parameters((64, 64, 32))
    320
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class Separable(Layer):
    """A depthwise convolution, then a 1x1 convolution that mixes the channels."""

    rank: ClassVar[int]

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    dilation_rate: int | tuple[int, ...] = 1
    depth_multiplier: int = 1
    activation: str | None = None
    use_bias: bool = True
    depthwise_initializer: str = "glorot_uniform"
    pointwise_initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        as_int(self, "filters")
        check_window(self)
        as_int(self, "depth_multiplier")
        check_initializer(self, "depthwise_initializer")
        check_initializer(self, "pointwise_initializer")

    @property
    def window(self) -> ReceptiveField:
        return kernel_window(self)

    @property
    def depthwise(self) -> Depthwise:
        """The first step."""
        kind = DepthwiseConv1D if self.rank == 1 else DepthwiseConv2D
        return kind(
            self.kernel_size, self.strides, self.padding, self.depth_multiplier, None, False, self.dilation_rate,
            self.depthwise_initializer, name=self.name,
        )  # fmt: skip

    @property
    def pointwise(self) -> Convolution:
        """The second step."""
        kind = Conv1D if self.rank == 1 else Conv2D
        initializer = self.pointwise_initializer
        return kind(self.filters, 1, 1, "valid", self.activation, self.use_bias, kernel_initializer=initializer)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        return (*windows_shape(self, input_shape, self.window, self.padding), self.filters)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        middle = self.depthwise.output_shape(input_shape)
        steps = {"depthwise": self.depthwise.build(input_shape), "pointwise": self.pointwise.build(middle)}
        return torch.nn.Sequential(OrderedDict(steps))

    def multiply_adds(self, input_shape: Shape) -> int:
        middle = self.depthwise.output_shape(input_shape)
        return self.depthwise.multiply_adds(input_shape) + self.pointwise.multiply_adds(middle)

    def trainable_parameters(self, input_shape: Shape) -> int:
        middle = self.depthwise.output_shape(input_shape)
        return self.depthwise.trainable_parameters(input_shape) + self.pointwise.trainable_parameters(middle)


@dataclass(frozen=True, repr=False)
class SeparableConv1D(Separable):
    """A depthwise, then a pointwise convolution over (steps, channels).

    >>> SeparableConv1D(8, 3).output_shape((16, 4))
    (14, 8)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class SeparableConv2D(Separable):
    """A depthwise, then a pointwise convolution over (height, width, channels).

    >>> SeparableConv2D(8, 3).trainable_parameters((16, 16, 4))
    76
    """

    rank: ClassVar[int] = 2
