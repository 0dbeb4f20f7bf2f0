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
    """A convolution with `filters` learned kernels; its subclasses say over how many axes."""

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
            raise self.fail(f"cannot share {self.filters} filters among {self.groups} groups: take a multiple")

    @property
    def window(self) -> ReceptiveField:
        return kernel_window(self)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        if input_shape[-1] % self.groups:
            raise self.fail(
                f"cannot share the {input_shape[-1]} channels of {shape_text(input_shape)} among {self.groups} groups: "
                "take a divisor"
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
    """A convolution over (steps, channels) with `filters` learned kernels.

    `padding="causal"` pads before the first step only: no step sees a later one (WaveNet, arXiv:1609.03499).

    >>> Conv1D(32, 3, padding="same", strides=2).output_shape((65, 3))
    (33, 32)
    """

    rank: ClassVar[int] = 1
    paddings: ClassVar[tuple[str, ...]] = (*PADDINGS, CAUSAL)


@dataclass(frozen=True, repr=False)
class Conv2D(Convolution):
    """A convolution over (height, width, channels) with `filters` learned kernels.

    >>> Conv2D(32, 3, padding="same", strides=2).output_shape((65, 65, 3))
    (33, 33, 32)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class Conv3D(Convolution):
    """A convolution over (depth, height, width, channels) with `filters` learned kernels.

    >>> Conv3D(8, 3).output_shape((16, 32, 32, 1))
    (14, 30, 30, 8)
    """

    rank: ClassVar[int] = 3


def check_window(layer: Layer) -> None:
    """Checks the arguments that all kinds of convolution share."""
    for field in ("kernel_size", "strides", "dilation_rate"):
        as_ints(layer, field, cast(Any, layer).rank)
    check_choice(layer, "padding", getattr(layer, "paddings", PADDINGS))
    check_activation(layer)
    as_bool(layer, "use_bias")
    window = kernel_window(layer)
    if max(window.strides) > 1 and max(window.dilation) > 1:
        raise layer.fail("has strides and dilation_rate both over 1: give it one of the two")


def kernel_window(layer: Any) -> ReceptiveField:
    """The window of a layer whose arguments `settle_window` has checked."""
    return ReceptiveField(layer.kernel_size, layer.strides, layer.dilation_rate)


def convolution_module(
    layer: Any, channels: int, filters: int, groups: int, initializer: str, fans: tuple[int, int] | None = None
) -> ConvolutionModule:
    """The torch module of a convolution with freshly drawn kernels, zero biases and weights in channels_last memory."""
    window = kernel_window(layer)
    folded = even_padding(window) if layer.padding == "same" else (0,) * layer.rank
    size, strides, dilation = window.kernel, window.strides, window.dilation
    module = _MODULES[layer.rank](
        channels, filters, size, strides, folded or 0, dilation, groups=groups, bias=layer.use_bias
    )
    module.activation = layer.activation
    module.same = None if folded else window
    module.causal = window.extent[0] - 1 if layer.padding == CAUSAL else 0
    finish_weights(module, initializer, fans)
    return module


def finish_weights(module: Any, initializer: str, fans: tuple[int, int] | None = None) -> None:
    """Draws the kernels of a convolution module, empties its biases, puts the kernels in channels_last memory."""
    weight = module.weight
    initialize(weight, initializer, fans)
    if module.bias is not None:
        torch.nn.init.zeros_(module.bias)
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    if weight.ndim in formats:
        module.weight.data = weight.data.contiguous(memory_format=formats[weight.ndim])
