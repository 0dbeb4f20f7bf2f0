"""Convolutions over one, two and three axes."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape
from opsin.kernels import CONVOLUTION_ACTIVATIONS, convolution
from opsin.kernels.geometry import Pairs

from ..initializers import check_initializer, initialize
from ..layer import Layer, check_rank, numel, shape_text
from ..padding import CAUSAL, PADDINGS, even_padding, same_pairs, windows_shape
from ..receptive_field import ReceptiveField
from ..validation import as_bool, as_int, as_ints, check_choice
from .activations import check_activation, function


class ConvolutionModule(torch.nn.Module):
    """torch's convolution with TensorFlow's "same" and causal padding, and with an activation.

    Attributes:
        activation: Name of the activation, or None.
        same: Window of a "same" padding that depends on the input's size, or None.
        causal: Zeros before the first step.
    """

    activation: str | None = None
    same: ReceptiveField | None = None
    causal: int = 0

    def reset_parameters(self) -> None:
        """Does nothing: the layer that builds the module draws its weights."""

    def forward(self, input: Tensor) -> Tensor:
        module = cast(Any, self)
        return self.convolve(input, module.weight, module.bias, self.padding_pairs(input), self.activation)

    def padding_pairs(self, x: Tensor) -> Pairs:
        """Returns the zeros (before, after) that the module adds to each spatial axis of `x`."""
        if self.same is not None:
            return tuple(same_pairs(x, self.same))
        if self.causal:
            return ((self.causal, 0),)
        return tuple((zeros, zeros) for zeros in cast(Any, self).padding)

    def convolve(
        self, x: Tensor, weight: Tensor, bias: Tensor | None, padding: Pairs, activation: str | None
    ) -> Tensor:
        """Computes the module's convolution with other weights, padding and activation.

        Args:
            x: (n, channels, ...).
            weight: As the module's.
            bias: As the module's.
            padding: Zeros (before, after) of each spatial axis.
            activation: Name of an activation, or None.
        """
        module = cast(Any, self)
        inside = activation if activation in CONVOLUTION_ACTIVATIONS else None
        y = convolution(x, weight, bias, module.stride, padding, module.dilation, module.groups, inside)
        return y if activation == inside else function(activation, in_place=True)(y)

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", activation={self.activation}" if self.activation else "")


class Conv1dModule(ConvolutionModule, torch.nn.Conv1d):
    """Convolution over one axis."""


class Conv2dModule(ConvolutionModule, torch.nn.Conv2d):
    """Convolution over two axes."""


class Conv3dModule(ConvolutionModule, torch.nn.Conv3d):
    """Convolution over three axes."""


_MODULES: dict[int, Any] = {1: Conv1dModule, 2: Conv2dModule, 3: Conv3dModule}


@dataclass(frozen=True, repr=False)
class Convolution(Layer):
    """Base class of convolutions.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        groups: Number of channel groups that are convolved separately; it divides the numbers of input channels and
            filters.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.
    """

    rank: ClassVar[int]

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    activation: str | None = None
    use_bias: bool = True
    dilation_rate: int | tuple[int, ...] = 1
    groups: int = 1
    kernel_initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        as_int(self, "filters")
        check_window(self)
        as_int(self, "groups")
        check_initializer(self)
        if self.filters % self.groups:
            raise self.fail(
                f"cannot divide {self.filters} filters into {self.groups} groups. Expected a multiple of groups."
            )

    @property
    def window(self) -> ReceptiveField:
        return kernel_window(self)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        if input_shape[-1] % self.groups:
            raise self.fail(
                f"cannot divide the {input_shape[-1]} channels of {shape_text(input_shape)} into {self.groups} groups. "
                "Expected a divisor of the channels."
            )
        return (*windows_shape(self, input_shape, self.window, self.padding), self.filters)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return convolution_module(self, input_shape[-1], self.filters, self.groups, self.kernel_initializer)

    def multiply_adds(self, input_shape: Shape) -> int:
        return numel(self.output_shape(input_shape)) * self._weights_per_filter(input_shape)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return self.filters * (self._weights_per_filter(input_shape) + self.use_bias)

    def _weights_per_filter(self, input_shape: Shape) -> int:
        return numel(self.window.kernel) * (input_shape[-1] // self.groups)


@dataclass(frozen=True, repr=False)
class Conv1D(Convolution):
    """Convolution over sequences (steps, channels).

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer, or a tuple of one.
        strides: Step of the kernel in positions: one integer, or a tuple of one.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow); or "causal" (zeros before the first step only, so that no output
            depends on a later step; WaveNet, arXiv:1609.03499).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer, or a tuple of one. Above 1 only with
            strides of 1.
        groups: Number of channel groups that are convolved separately; it divides the numbers of input channels and
            filters.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Conv1D(32, 3, padding="same", strides=2).output_shape((65, 3))
        (33, 32)
    """

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = (*PADDINGS, CAUSAL)


@dataclass(frozen=True, repr=False)
class Conv2D(Convolution):
    """Convolution over images (height, width, channels).

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        groups: Number of channel groups that are convolved separately; it divides the numbers of input channels and
            filters.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Conv2D(32, 3, padding="same", strides=2).output_shape((65, 65, 3))
        (33, 33, 32)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class Conv3D(Convolution):
    """Convolution over volumes (depth, height, width, channels).

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Step of the kernel in positions: one integer for all axes, or one per axis.
        padding: "valid" (none) or "same" (zeros, so that output size = input size / strides, rounded up; an odd zero is
            added at the end, as in TensorFlow).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements in positions: one integer for all axes, or one per axis. Above 1 only
            with strides of 1.
        groups: Number of channel groups that are convolved separately; it divides the numbers of input channels and
            filters.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Conv3D(8, 3).output_shape((16, 32, 32, 1))
        (14, 30, 30, 8)
    """

    rank: ClassVar[int] = 3


def check_window(layer: Layer) -> None:
    """Checks the arguments shared by all convolution layers.

    Args:
        layer: The layer, whose fields are converted in place.

    Raises:
        NetworkError: An argument is invalid, or strides and dilation_rate are both above 1.
    """
    for field in ("kernel_size", "strides", "dilation_rate"):
        as_ints(layer, field, cast(Any, layer).rank)
    check_choice(layer, "padding", getattr(layer, "paddings", PADDINGS))
    check_activation(layer)
    as_bool(layer, "use_bias")
    window = kernel_window(layer)
    if max(window.strides) > 1 and max(window.dilation) > 1:
        raise layer.fail("has strides and dilation_rate both above 1. Expected one of them to be 1.")


def kernel_window(layer: Any) -> ReceptiveField:
    """Returns the receptive field of a layer whose arguments `check_window` has converted.

    Args:
        layer: A layer with `kernel_size`, `strides` and `dilation_rate`.

    Returns:
        Kernel, strides and dilation per axis.
    """
    return ReceptiveField(layer.kernel_size, layer.strides, layer.dilation_rate)


def convolution_module(
    layer: Any, channels: int, filters: int, groups: int, initializer: str, fans: tuple[int, int] | None = None
) -> ConvolutionModule:
    """Builds the torch module of a convolution, with initialized kernels and zero biases in channels_last memory.

    Args:
        layer: The layer.
        channels: Number of input channels.
        filters: Number of output channels.
        groups: Number of channel groups.
        initializer: Name of the kernel initializer.
        fans: Numbers of input and output connections for the initializer. Default: from the shape of the kernel.

    Returns:
        The module.
    """
    window = kernel_window(layer)
    symmetric = even_padding(window) if layer.padding == "same" else (0,) * layer.rank
    size, strides, dilation = window.kernel, window.strides, window.dilation
    module = _MODULES[layer.rank](
        channels, filters, size, strides, symmetric or 0, dilation, groups=groups, bias=layer.use_bias
    )
    module.activation = layer.activation
    module.same = None if symmetric else window
    module.causal = window.extent[0] - 1 if layer.padding == CAUSAL else 0
    finish_weights(module, initializer, fans)
    return module


def finish_weights(module: Any, initializer: str, fans: tuple[int, int] | None = None) -> None:
    """Initializes kernel and bias of a convolution module, in channels_last memory.

    Args:
        module: The module, changed in place.
        initializer: Name of the kernel initializer.
        fans: Numbers of input and output connections for the initializer. Default: from the shape of the kernel.
    """
    weight = module.weight
    initialize(weight, initializer, fans)
    if module.bias is not None:
        torch.nn.init.zeros_(module.bias)
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    if weight.ndim in formats:
        module.weight.data = weight.data.contiguous(memory_format=formats[weight.ndim])
