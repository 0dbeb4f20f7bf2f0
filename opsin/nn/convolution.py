"""Convolutions."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from opsin.core import Shape

from .activations import function, settle_activation
from .arguments import settle_choice, settle_count, settle_counts, settle_flag
from .initializers import initialize, settle_initializer
from .layer import Layer, need_rank, volume
from .padding import PADDINGS, even_padding, pad_same, windows_shape
from .window import Window


class Conv2dModule(torch.nn.Conv2d):
    """torch's convolution with TensorFlow's "same" where torch's own padding cannot say it, and the activation."""

    activation: str | None = None
    same: Window | None = None

    def reset_parameters(self) -> None:
        """Nothing: the layer that builds the module draws its weights."""

    def forward(self, input: Tensor) -> Tensor:
        x = input if self.same is None else pad_same(input, self.same)
        return function(self.activation, in_place=True)(super().forward(x))

    def extra_repr(self) -> str:
        return super().extra_repr() + (f", activation={self.activation}" if self.activation else "")


@dataclass(frozen=True, repr=False)
class Conv2D(Layer):
    """A convolution over (height, width, channels) with `filters` learned kernels.

    >>> Conv2D(32, 3, padding="same", strides=2).output_shape((65, 65, 3))
    (33, 33, 32)
    """

    rank: ClassVar[int] = 2

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
        settle_count(self, "filters")
        for field in ("kernel_size", "strides", "dilation_rate"):
            settle_counts(self, field, self.rank)
        settle_choice(self, "padding", PADDINGS)
        settle_activation(self)
        settle_flag(self, "use_bias")
        settle_count(self, "groups")
        settle_initializer(self)
        if self.filters % self.groups:
            raise self.fail(f"cannot share {self.filters} filters among {self.groups} groups: take a multiple")
        if max(self.window.strides) > 1 and max(self.window.dilation) > 1:
            raise self.fail("has strides and dilation_rate both over 1: give it one of the two")

    @property
    def window(self) -> Window:
        assert isinstance(self.kernel_size, tuple)
        assert isinstance(self.strides, tuple)
        assert isinstance(self.dilation_rate, tuple)
        return Window(self.kernel_size, self.strides, self.dilation_rate)

    def output_shape(self, input_shape: Shape) -> Shape:
        need_rank(self, input_shape, self.rank)
        if input_shape[-1] % self.groups:
            raise self.fail(f"cannot share {input_shape[-1]} channels among {self.groups} groups: take a divisor")
        return (*windows_shape(self, input_shape, self.window, self.padding), self.filters)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        window = self.window
        folded = (0,) * self.rank if self.padding == "valid" else even_padding(window)
        module = Conv2dModule(
            input_shape[-1], self.filters, _pair(window.kernel), _pair(window.strides), _pair(folded or (0, 0)),
            _pair(window.dilation), self.groups, self.use_bias,
        )  # fmt: skip
        module.activation = self.activation
        module.same = None if folded else window
        initialize(module.weight, self.kernel_initializer)
        if module.bias is not None:
            torch.nn.init.zeros_(module.bias)
        module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last)
        return module

    def multiply_adds(self, input_shape: Shape) -> int:
        return volume(self.output_shape(input_shape)) * self._weights_per_filter(input_shape)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return self.filters * (self._weights_per_filter(input_shape) + self.use_bias)

    def _weights_per_filter(self, input_shape: Shape) -> int:
        return volume(self.window.kernel) * (input_shape[-1] // self.groups)


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    height, width = values
    return height, width
