"""Convolutions the other way round: they make maps larger."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from opsin.core import Shape

from .activations import function
from .arguments import settle_count
from .convolution import finish_weights, kernel_window, settle_window
from .initializers import settle_initializer
from .layer import Layer, need_rank, volume
from .window import Window

_MODULES: dict[int, Any] = {1: torch.nn.ConvTranspose1d, 2: torch.nn.ConvTranspose2d, 3: torch.nn.ConvTranspose3d}


class TransposedModule(torch.nn.Module):
    """torch's transposed convolution, cut at its edges to the size that TensorFlow gives."""

    def __init__(self, convolution: torch.nn.Module, cuts: tuple[tuple[int, int], ...], activation: str | None) -> None:
        super().__init__()
        self.convolution, self.cuts, self.activation = convolution, cuts, activation

    def forward(self, x: Tensor) -> Tensor:
        x = self.convolution(x)
        for axis, (before, after) in enumerate(self.cuts, start=2):
            if before or after:
                x = x.narrow(axis, before, x.shape[axis] - before - after)
        return function(self.activation)(x)


@dataclass(frozen=True, repr=False)
class Transposed(Layer):
    """The reverse of a strided convolution; its subclasses say over how many axes."""

    rank: ClassVar[int]

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    activation: str | None = None
    use_bias: bool = True
    dilation_rate: int | tuple[int, ...] = 1
    kernel_initializer: str = "glorot_uniform"

    def __post_init__(self) -> None:
        settle_count(self, "filters")
        settle_window(self)
        settle_initializer(self)

    @property
    def window(self) -> Window:
        """How many input positions one output position sees, and how many outputs lie on one input."""
        own = kernel_window(self)
        seen = tuple(-(-extent // stride) for extent, stride in zip(own.extent, own.strides, strict=True))
        return Window(seen, (1,) * self.rank, (1,) * self.rank, own.strides)

    def output_shape(self, input_shape: Shape) -> Shape:
        need_rank(self, input_shape, self.rank)
        own = kernel_window(self)
        more = (0 if self.padding == "same" else max(e - s, 0) for e, s in zip(own.extent, own.strides, strict=True))
        sizes = zip(input_shape, own.strides, more, strict=False)
        return (*(size * stride + extra for size, stride, extra in sizes), self.filters)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        own = kernel_window(self)
        spare = [extent - stride for extent, stride in zip(own.extent, own.strides, strict=True)]
        beyond = tuple(max(-amount, 0) for amount in spare)
        cuts = tuple((amount // 2, amount - amount // 2) if amount > 0 else (0, 0) for amount in spare)
        if self.padding == "valid":
            cuts = ((0, 0),) * self.rank
        even = all(before == after for before, after in cuts)
        convolution = _MODULES[self.rank](
            input_shape[-1], self.filters, own.kernel, own.strides, tuple(before for before, _ in cuts) if even else 0,
            beyond, bias=self.use_bias, dilation=own.dilation,
        )  # fmt: skip
        finish_weights(convolution, self.kernel_initializer)
        return TransposedModule(convolution, () if even else cuts, self.activation)

    def multiply_adds(self, input_shape: Shape) -> int:
        return volume(input_shape) * self.filters * volume(kernel_window(self).kernel)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return self.filters * (input_shape[-1] * volume(kernel_window(self).kernel) + self.use_bias)


@dataclass(frozen=True, repr=False)
class Conv1DTranspose(Transposed):
    """A transposed convolution over (steps, channels): strides 2 doubles the steps.

    >>> Conv1DTranspose(4, 3, strides=2, padding="same").output_shape((8, 2))
    (16, 4)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class Conv2DTranspose(Transposed):
    """A transposed convolution over (height, width, channels): strides 2 doubles both.

    >>> Conv2DTranspose(4, 3, strides=2).output_shape((8, 8, 2))
    (17, 17, 4)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class Conv3DTranspose(Transposed):
    """A transposed convolution over (depth, height, width, channels).

    >>> Conv3DTranspose(4, 2, strides=2).output_shape((8, 8, 8, 2))
    (16, 16, 16, 4)
    """

    rank: ClassVar[int] = 3
