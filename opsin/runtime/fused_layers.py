"""The modules that a network made ready for answers is made of: several layers in one step of oneDNN.

Weights are copies, in the order and number format in which the step wants them.
"""

from typing import Any, cast

import torch
from torch import Tensor

from opsin.kernels.padding import pad
from opsin.nn import ReceptiveField
from opsin.nn.folding import folded
from opsin.nn.layers.convolution import Conv2dModule
from opsin.nn.layers.dense import DenseModule
from opsin.nn.layers.torch_workarounds import only_one_fits
from opsin.nn.layers.zero_padding import Pairs
from opsin.nn.padding import pad_same

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
        sides = zip(cast("tuple[int, int]", module.padding), around, strict=True)
        zeros = tuple((side + before, side + after) for side, (before, after) in sides)
        even = all(before == after for before, after in zeros)
        self.around: Pairs = NOTHING if even else zeros
        self.window = ReceptiveField(module.kernel_size, module.stride, module.dilation)
        padding = [before if even else 0 for before, _ in zeros]
        self.settings = (padding, module.stride, module.dilation, module.groups)
        weight, bias = (module.weight, module.bias) if norm is None else folded(module, norm)
        self.bias = None if bias is None else bias.to(precision)
        rounded = weight.to(precision).contiguous(memory_format=torch.channels_last)
        self.packed = _KERNELS._reorder_convolution_weight(rounded, *self.settings)
        self.compute, self.compute_and_add = (
            getattr(_KERNELS._convolution_pointwise, n) for n in ("default", "binary")
        )

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        x = x.to(self.precision)
        x = pad(x, self.around) if self.same is None else pad_same(x, self.same)
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
