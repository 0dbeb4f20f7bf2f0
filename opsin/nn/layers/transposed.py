"""Convolutions the other way round: they make maps larger."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape

from ..initializers import check_initializer
from ..layer import Layer, check_rank, numel, shape_text
from ..receptive_field import ReceptiveField
from ..validation import as_int, as_ints
from .activations import function
from .convolution import check_window, finish_weights, kernel_window

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
    """The reverse of a strided convolution; its subclasses say over how many axes.

    `output_padding` says how many positions, fewer than `strides`, come to the smallest output along each axis; None
    gives `strides` times the input for "same", all that a kernel reaches for "valid".
    """

    rank: ClassVar[int]

    filters: int
    kernel_size: int | tuple[int, ...]
    strides: int | tuple[int, ...] = 1
    padding: str = "valid"
    activation: str | None = None
    use_bias: bool = True
    dilation_rate: int | tuple[int, ...] = 1
    kernel_initializer: str = "glorot_uniform"
    output_padding: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        as_int(self, "filters")
        check_window(self)
        check_initializer(self)
        if cast(object, self.output_padding) is not None:
            as_ints(self, "output_padding", self.rank, 0)
            if any(more >= stride for more, stride in zip(self._more(), kernel_window(self).strides, strict=True)):
                raise self.fail(
                    f"takes less than its strides, {shape_text(kernel_window(self).strides)}, for output_padding, got "
                    f"{shape_text(self._more())}"
                )

    @property
    def window(self) -> ReceptiveField:
        """How many input positions one output position sees, and how many outputs lie on one input."""
        own = kernel_window(self)
        seen = tuple(-(-extent // stride) for extent, stride in zip(own.extent, own.strides, strict=True))
        return ReceptiveField(seen, (1,) * self.rank, (1,) * self.rank, own.strides)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        own = kernel_window(self)
        axes = zip(input_shape[:-1], own.strides, own.extent, self._edges(), strict=True)
        sizes = tuple((size - 1) * stride + extent - sum(cut) for size, stride, extent, cut in axes)
        if min(sizes) < 1:
            raise self.fail(
                f"makes {shape_text(sizes)} of {shape_text(input_shape)}, which is nothing: leave output_padding out "
                "or make it larger"
            )
        return (*sizes, self.filters)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        own = kernel_window(self)
        beyond = tuple(max(-after, 0) for _, after in self._edges())
        cuts = tuple((before, max(after, 0)) for before, after in self._edges())
        even = all(before == after for before, after in cuts)
        convolution = _MODULES[self.rank](
            input_shape[-1], self.filters, own.kernel, own.strides, tuple(before for before, _ in cuts) if even else 0,
            beyond, bias=self.use_bias, dilation=own.dilation,
        )  # fmt: skip
        finish_weights(convolution, self.kernel_initializer)
        return TransposedModule(convolution, () if even else cuts, self.activation)

    def _edges(self) -> tuple[tuple[int, int], ...]:
        """What is cut before and after all that the kernels reach; negative where positions of bias alone are added."""
        own, edges = kernel_window(self), list[tuple[int, int]]()
        for extent, stride, more in zip(own.extent, own.strides, self._more(), strict=True):
            if self.padding == "valid":
                edges.append((0, min(extent - stride, 0) if more is None else -more))
            else:  # the odd one is cut at the end
                spare = extent - stride if more is None else extent - extent % 2 - more
                edges.append((max(spare // 2, 0), spare - max(spare // 2, 0)))
        return tuple(edges)

    def _more(self) -> tuple[Any, ...]:
        return (None,) * self.rank if self.output_padding is None else cast("tuple[int, ...]", self.output_padding)

    def multiply_adds(self, input_shape: Shape) -> int:
        return numel(input_shape) * self.filters * numel(kernel_window(self).kernel)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return self.filters * (input_shape[-1] * numel(kernel_window(self).kernel) + self.use_bias)


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
