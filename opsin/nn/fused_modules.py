"""The modules that a network made ready for answers is made of: several layers in one step of oneDNN or of our own.

Weights are copies, in the order and number format in which the step wants them.
"""

from typing import Any, cast

import torch
from torch import Tensor

from .convolution import Conv2dModule
from .dense import DenseModule
from .folding import folded
from .one_channel import only_one_fits
from .padding import pad, same_pairs
from .pooled_convolution import packed, padded, padding_of, pooled, worth
from .pooling import MaxPoolModule
from .sweeps import ACTIVATIONS, Pairs, by_places, convolve, pool, sweeps
from .window import Window

_KERNELS: Any = torch.ops.mkldnn
_Unary = tuple[str, list[float], str]
UNARY: dict[str | None, _Unary] = {
    None: ("none", [], ""),
    "linear": ("none", [], ""),
    "relu": ("relu", [], ""),
    "relu6": ("hardtanh", [0.0, 6.0], ""),
    "silu": ("swish", [], ""),
    "swish": ("swish", [], ""),
    "sigmoid": ("sigmoid", [], ""),
    "tanh": ("tanh", [], ""),
    "gelu": ("gelu", [], "none"),
}
"""What oneDNN calls the activations that can be part of a step; after a sum it knows only "relu"."""
LINEAR = (None, "linear")
NOTHING: Pairs = ((0, 0), (0, 0))


class FusedConvolution(torch.nn.Module):
    """A convolution with its normalization and activation, and perhaps another map added before the activation.

    `around` are zeros that a layer before it puts around the map.
    """

    def __init__(
        self, module: Conv2dModule, norm: torch.nn.BatchNorm2d | None, precision: torch.dtype, around: Pairs = NOTHING
    ) -> None:
        super().__init__()
        self.same, self.activation, self.precision = module.same, module.activation, precision
        more = [(side + before, side + after) for side, (before, after) in zip(padding_of(module), around, strict=True)]
        self.around: Pairs = tuple(more)
        self.window = Window(module.kernel_size, module.stride, module.dilation)
        even = [before == after for before, after in self.around]
        self.rest = [(0, 0) if same else pair for pair, same in zip(self.around, even, strict=True)]
        padding = [pair[0] if same else 0 for pair, same in zip(self.around, even, strict=True)]
        self.settings = (padding, module.stride, module.dilation, module.groups)
        weight, bias = (module.weight, module.bias) if norm is None else folded(module, norm)
        self.bias = None if bias is None else bias.to(precision)
        rounded = weight.to(precision).contiguous(memory_format=torch.channels_last)
        self.packed = _KERNELS._reorder_convolution_weight(rounded, *self.settings)
        self.compute, self.compute_and_add = (
            getattr(_KERNELS._convolution_pointwise, n) for n in ("default", "binary")
        )
        self.kernels: tuple[Tensor, Tensor] | None = None
        if module.groups == len(weight) == module.in_channels and precision == torch.bfloat16:
            biases = weight.new_zeros(len(weight)) if bias is None else bias
            self.kernels = by_places(weight), biases.float().contiguous()
        self.plain = self.same is None and all(even) and (self.kernels is None or max(module.stride) == 1)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        x = x.to(self.precision)
        if not self.plain:  # else oneDNN is as fast as a sweep
            pairs = self._pairs(x)
            alone = other is None and self.activation in ACTIVATIONS
            if self.kernels and alone and sweeps(x, self.window, pairs):
                return convolve(x, *self.kernels, self.window, pairs, self.activation)
            x = pad(x, self.rest if self.same is None else pairs)
        settings = self.settings
        if x.shape[1] == 1 and max(self.window.strides) > 1:
            x, settings = self._alone(pad(x, [(zeros, zeros) for zeros in settings[0]]))
        if other is None:
            return self.compute(x, self.packed, self.bias, *settings, *UNARY[self.activation])
        return self.compute_and_add(
            x,
            other.to(self.precision),
            self.packed,
            self.bias,
            *settings,
            "add",
            1.0,
            *(UNARY["relu"] if self.activation == "relu" else (None, [], None)),
        )

    def _alone(self, x: Tensor) -> tuple[Tensor, Any]:
        """A padded map of one channel, and how windows move over it."""
        extent, (_, (down, across), dilation, groups) = self.window.extent[1], self.settings
        if only_one_fits(x, extent, across):
            x, across = x[..., :extent], 1
        return x, ([0, 0], [down, across], dilation, groups)

    def _pairs(self, x: Tensor) -> Pairs:
        return self.around if self.same is None else same_pairs(x, self.same)


class FusedPooledConvolution(FusedConvolution):
    """A convolution over an image's few channels with its rectifier and max pooling, in one pass over large images."""

    def __init__(self, module: Conv2dModule, pooling: MaxPoolModule) -> None:
        super().__init__(module, None, torch.bfloat16)
        self.pooling, self.shape, self.zeros = FusedPooling(pooling), module.weight.shape, padding_of(module)
        self.weights = packed(module.weight)
        self.biases = torch.zeros(len(module.weight)) if module.bias is None else module.bias.float().contiguous()

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        if not worth(x, self.zeros, self.shape):
            return self.pooling(super().forward(x))
        _, channels, rows, columns = self.shape
        x = padded(x, self.zeros)
        return pooled(x, self.weights, self.biases, (rows, columns, channels), winners=False)[0]


class FusedPooling(torch.nn.Module):
    """Max pooling in one pass, with the zeros that a layer before it puts around a map that has none below zero."""

    def __init__(self, pooling: MaxPoolModule, around: Pairs = NOTHING) -> None:
        super().__init__()
        self.pooling, self.around = pooling, around

    def forward(self, x: Tensor) -> Tensor:
        window, pairs = self.pooling.window, self.around
        if self.pooling.same:
            pairs = same_pairs(x, window)
        if sweeps(x, window, pairs):
            return pool(x, window, pairs)
        return self.pooling(pad(x, self.around))


class FusedDense(torch.nn.Module):
    """A dense layer over the channels with its activation."""

    def __init__(self, module: DenseModule, precision: torch.dtype) -> None:
        super().__init__()
        self.activation, self.precision = module.activation, precision
        bias = cast("Tensor | None", module.bias)
        self.bias = None if bias is None else bias.detach().to(precision)
        self.packed = _KERNELS._reorder_linear_weight(module.weight.detach().to(precision).contiguous())
        self.compute = _KERNELS._linear_pointwise.default

    def forward(self, x: Tensor) -> Tensor:
        last = x.to(self.precision).movedim(1, -1)
        rows = last.reshape(-1, last.shape[-1])
        y = self.compute(rows, self.packed, self.bias, *UNARY[self.activation])
        return y.view(*last.shape[:-1], y.shape[-1]).movedim(-1, 1)


class FusedResidual(torch.nn.Module):
    """`activation(body(x) + shortcut(x))`, where the sum is part of the body's last convolution."""

    def __init__(self, first: torch.nn.Sequential, last: FusedConvolution, shortcut: torch.nn.Module) -> None:
        super().__init__()
        self.first, self.last, self.shortcut = first, last, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x), self.shortcut(x))
