"""Transposed convolutions."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from opsin.core import Shape
from opsin.kernels import transpose_single_column

from ..initializers import check_initializer
from ..layer import Layer, check_rank, numel, shape_text
from ..receptive_field import ReceptiveField
from ..validation import as_int, as_ints
from .activations import function
from .convolution import check_window, finish_weights, kernel_window

_MODULES: dict[int, Any] = {1: torch.nn.ConvTranspose1d, 2: torch.nn.ConvTranspose2d, 3: torch.nn.ConvTranspose3d}


class TransposedModule(torch.nn.Module):
    """Transposed convolution of torch, cropped to the output size of TensorFlow."""

    def __init__(self, convolution: torch.nn.Module, cuts: tuple[tuple[int, int], ...], activation: str | None) -> None:
        super().__init__()
        self.convolution, self.cuts, self.activation = convolution, cuts, activation

    def forward(self, x: Tensor) -> Tensor:
        x = transpose_single_column(self.convolution, x)
        for axis, (before, after) in enumerate(self.cuts, start=2):
            if before or after:
                x = x.narrow(axis, before, x.shape[axis] - before - after)
        return function(self.activation)(x)


@dataclass(frozen=True, repr=False)
class Transposed(Layer):
    """Base class of transposed convolutions.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Upsampling factor: one integer for all axes, or one per axis.
        padding: "valid" (output covers all positions that the kernel reaches) or "same" (output size = input size *
            strides).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements: one integer for all axes, or one per axis. Above 1 only with strides
            of 1.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        output_padding: Positions added to the smallest possible output size along each axis, less than strides.
            Default: computed from `padding`.
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
    kernel_initializer: str = "glorot_uniform"
    output_padding: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        as_int(self, "filters")
        check_window(self)
        check_initializer(self)
        if cast(object, self.output_padding) is not None:
            as_ints(self, "output_padding", self.rank, 0)
            if any(
                added >= stride
                for added, stride in zip(self._output_padding(), kernel_window(self).strides, strict=True)
            ):
                raise self.fail(
                    f"got output_padding={shape_text(self._output_padding())}. Expected less than its strides, "
                    f"{shape_text(kernel_window(self).strides)}."
                )

    @property
    def window(self) -> ReceptiveField:
        """Returns the receptive field: input positions per output position, and the upsampling factor."""
        own = kernel_window(self)
        reach = tuple(-(-extent // stride) for extent, stride in zip(own.extent, own.strides, strict=True))
        return ReceptiveField(reach, (1,) * self.rank, (1,) * self.rank, own.strides)

    def output_shape(self, input_shape: Shape) -> Shape:
        check_rank(self, input_shape, self.rank)
        own = kernel_window(self)
        axes = zip(input_shape[:-1], own.strides, own.extent, self._crops(), strict=True)
        sizes = tuple((size - 1) * stride + extent - sum(cut) for size, stride, extent, cut in axes)
        if min(sizes) < 1:
            raise self.fail(
                f"has an output of {shape_text(sizes)} for an input of {shape_text(input_shape)}. Expected sizes of at "
                "least 1. Fix: omit output_padding or increase it."
            )
        return (*sizes, self.filters)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        own = kernel_window(self)
        output_padding = tuple(max(-after, 0) for _, after in self._crops())
        cuts = tuple((before, max(after, 0)) for before, after in self._crops())
        even = all(before == after for before, after in cuts)
        convolution = _MODULES[self.rank](
            input_shape[-1], self.filters, own.kernel, own.strides, tuple(before for before, _ in cuts) if even else 0,
            output_padding, bias=self.use_bias, dilation=own.dilation,
        )  # fmt: skip
        finish_weights(convolution, self.kernel_initializer)
        return TransposedModule(convolution, () if even else cuts, self.activation)

    def axis_geometry(self, axis: int) -> tuple[int, int, int, int]:
        """Returns stride, dilation, kernel size, and positions cropped at the start of an axis."""
        own = kernel_window(self)
        return own.strides[axis], own.dilation[axis], own.kernel[axis], self._crops()[axis][0]

    def _crops(self) -> tuple[tuple[int, int], ...]:
        """Returns positions to crop (before, after) per axis; negative values add positions that hold the bias only."""
        own, crops = kernel_window(self), list[tuple[int, int]]()
        for extent, stride, added in zip(own.extent, own.strides, self._output_padding(), strict=True):
            if self.padding == "valid":
                crops.append((0, min(extent - stride, 0) if added is None else -added))
            else:  # an odd position is cropped at the end
                surplus = extent - stride if added is None else extent - extent % 2 - added
                crops.append((max(surplus // 2, 0), surplus - max(surplus // 2, 0)))
        return tuple(crops)

    def _output_padding(self) -> tuple[Any, ...]:
        return (None,) * self.rank if self.output_padding is None else cast("tuple[int, ...]", self.output_padding)

    def multiply_adds(self, input_shape: Shape) -> int:
        return numel(input_shape) * self.filters * numel(kernel_window(self).kernel)

    def trainable_parameters(self, input_shape: Shape) -> int:
        return self.filters * (input_shape[-1] * numel(kernel_window(self).kernel) + self.use_bias)


@dataclass(frozen=True, repr=False)
class Conv1DTranspose(Transposed):
    """Transposed convolution over sequences (steps, channels): upsamples by `strides`.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer, or a tuple of one.
        strides: Upsampling factor: one integer, or a tuple of one.
        padding: "valid" (output covers all positions that the kernel reaches) or "same" (output size = input size *
            strides).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements: one integer, or a tuple of one. Above 1 only with strides of 1.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        output_padding: Positions added to the smallest possible output size along each axis, less than strides.
            Default: computed from `padding`.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Conv1DTranspose(4, 3, strides=2, padding="same").output_shape((8, 2))
        (16, 4)
    """

    rank: ClassVar[int] = 1


@dataclass(frozen=True, repr=False)
class Conv2DTranspose(Transposed):
    """Transposed convolution over images (height, width, channels): upsamples by `strides`.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Upsampling factor: one integer for all axes, or one per axis.
        padding: "valid" (output covers all positions that the kernel reaches) or "same" (output size = input size *
            strides).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements: one integer for all axes, or one per axis. Above 1 only with strides
            of 1.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        output_padding: Positions added to the smallest possible output size along each axis, less than strides.
            Default: computed from `padding`.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Conv2DTranspose(4, 3, strides=2).output_shape((8, 8, 2))
        (17, 17, 4)
    """

    rank: ClassVar[int] = 2


@dataclass(frozen=True, repr=False)
class Conv3DTranspose(Transposed):
    """Transposed convolution over volumes (depth, height, width, channels): upsamples by `strides`.

    Args:
        filters: Number of output channels.
        kernel_size: Kernel size in positions: one integer for all axes, or one per axis.
        strides: Upsampling factor: one integer for all axes, or one per axis.
        padding: "valid" (output covers all positions that the kernel reaches) or "same" (output size = input size *
            strides).
        activation: Name of an activation function, such as "relu". Default: none.
        use_bias: Add a trainable bias per output channel.
        dilation_rate: Spacing of kernel elements: one integer for all axes, or one per axis. Above 1 only with strides
            of 1.
        kernel_initializer: Initial distribution of the kernel, such as "glorot_uniform" or "he_normal".
        output_padding: Positions added to the smallest possible output size along each axis, less than strides.
            Default: computed from `padding`.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Conv3DTranspose(4, 2, strides=2).output_shape((8, 8, 8, 2))
        (16, 16, 16, 4)
    """

    rank: ClassVar[int] = 3
