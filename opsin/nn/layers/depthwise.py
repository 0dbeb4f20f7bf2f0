"""Depthwise and separable convolutions."""

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
    """Base class of depthwise convolutions.

    Args:
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        depth_multiplier: Number of output channels per input channel.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        depthwise_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

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
        fans = channels * receptive, self.depth_multiplier * receptive  # computed as in Keras
        return convolution_module(self, channels, filters, channels, self.depthwise_initializer, fans)

    def multiply_adds(self, input_shape: Shape) -> int:
        return numel(self.output_shape(input_shape)) * numel(self.window.kernel)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return input_shape[-1] * self.depth_multiplier * (numel(self.window.kernel) + self.use_bias)


@dataclass(frozen=True, repr=False)
class DepthwiseConv1D(Depthwise):
    """Depthwise convolution over sequences (steps, channels): each channel has its own kernels.

    Args:
        kernel_size: Kernel size in positions: one integer, or a tuple of one.
        strides: Step of the kernel in positions: one integer, or a tuple of one.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        depth_multiplier: Number of output channels per input channel.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer, or a tuple of one. Above 1 only with
            strides of 1.
        depthwise_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> DepthwiseConv1D(3).trainable_parameters((64, 32))
        128
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class DepthwiseConv2D(Depthwise):
    """Depthwise convolution over images (height, width, channels): each channel has its own kernels.

    Args:
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        depth_multiplier: Number of output channels per input channel.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        depthwise_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> DepthwiseConv2D(3).trainable_parameters((64, 64, 32))
        320
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class Separable(Layer):
    """Base class of separable convolutions: a depthwise convolution followed by a 1x1 convolution.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        depth_multiplier: Number of intermediate channels per input channel.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        depthwise_initializer: Initial distribution of the depthwise kernel, such as "glorot_uniform" or "he_normal".
        pointwise_initializer: Initial distribution of the pointwise kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

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
        """Returns the depthwise convolution."""
        kind = DepthwiseConv1D if self.rank == 1 else DepthwiseConv2D
        return kind(
            self.kernel_size, self.strides, self.padding, self.depth_multiplier, None, False, self.dilation_rate,
            self.depthwise_initializer, name=self.name,
        )  # fmt: skip

    @property
    def pointwise(self) -> Convolution:
        """Returns the pointwise (1x1) convolution."""
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
    """Separable convolution over sequences (steps, channels): depthwise, then pointwise.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer, or a tuple of one.
        strides: Step of the kernel in positions: one integer, or a tuple of one.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        dilation_rate: Spacing of kernel elements in positions: one integer, or a tuple of one. Above 1 only with
            strides of 1.
        depth_multiplier: Number of intermediate channels per input channel.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        depthwise_initializer: Initial distribution of the depthwise kernel, such as "glorot_uniform" or "he_normal".
        pointwise_initializer: Initial distribution of the pointwise kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> SeparableConv1D(8, 3).output_shape((16, 4))
        (14, 8)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class SeparableConv2D(Separable):
    """Separable convolution over images (height, width, channels): depthwise, then pointwise.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        depth_multiplier: Number of intermediate channels per input channel.
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        depthwise_initializer: Initial distribution of the depthwise kernel, such as "glorot_uniform" or "he_normal".
        pointwise_initializer: Initial distribution of the pointwise kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> SeparableConv2D(8, 3).trainable_parameters((16, 16, 4))
        76
    """

    rank: ClassVar[int] = 2
