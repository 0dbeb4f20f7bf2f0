"""Modules for prediction that compute several layers in one oneDNN operation.

Weights are copies in the order and number format of the operation.
"""

from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor

from opsin.kernels import pad
from opsin.kernels.geometry import ConvGeometry, Pairs, channels_last, unstride_single_window
from opsin.nn.layers.convolution import Conv2dModule
from opsin.nn.layers.dense import DenseModule
from opsin.nn.padding import same_pairs

from .batch_norm_folding import folded

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
"""oneDNN's name, parameters and algorithm of each activation that it fuses; after a sum it has "relu" only."""
NO_PADDING: Pairs = ((0, 0), (0, 0))


class FusedNetwork(torch.nn.Sequential):
    """Fused modules in order."""

    def logits(self, x: Tensor) -> Tensor:
        """Computes the output before the final softmax or sigmoid, as `Sequential.logits`."""
        return self(channels_last(x))


class FusedConvolution(torch.nn.Module):
    """Convolution with batch normalization and activation; another feature map may be added before the activation.

    Args:
        module: Convolution; its activation is applied.
        norm: Batch normalization after it, or None.
        precision: Number format of products.
        padding: Zeros (before, after) of each axis that a layer before the convolution adds.
    """

    def __init__(
        self,
        module: Conv2dModule,
        norm: torch.nn.BatchNorm2d | None,
        precision: torch.dtype,
        padding: Pairs = NO_PADDING,
    ) -> None:
        super().__init__()
        self.same, self.activation, self.precision = module.same, module.activation, precision
        pairs = zip(cast("tuple[int, int]", module.padding), padding, strict=True)
        zeros = tuple((side + before, side + after) for side, (before, after) in pairs)
        self.geometry = ConvGeometry(module.stride, zeros, module.dilation, module.groups)
        self.kernel_width = module.kernel_size[1]
        weight, bias = (module.weight, module.bias) if norm is None else folded(module, norm)
        self.bias = None if bias is None else bias.to(precision)
        rounded = weight.to(precision).contiguous(memory_format=torch.channels_last)
        self.options = _options(self.geometry)
        self.packed = _KERNELS._reorder_convolution_weight(rounded, *self.options)
        self.compute, self.compute_and_add = (
            getattr(_KERNELS._convolution_pointwise, n) for n in ("default", "binary")
        )

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        x = x.to(self.precision)
        x, options = self._prepare(x)
        if other is None:
            return self.compute(x, self.packed, self.bias, *options, *UNARY[self.activation])
        return self.compute_and_add(
            x,
            other.to(self.precision),
            self.packed,
            self.bias,
            *options,
            "add",
            1.0,
            *(UNARY["relu"] if self.activation == "relu" else (None, [], None)),
        )

    def _prepare(self, x: Tensor) -> tuple[Tensor, Any]:
        """Returns the input, padded where oneDNN cannot, and oneDNN's padding, stride, dilation and groups."""
        geometry = self.geometry
        if self.same is None and geometry.is_symmetric and geometry.stride[-1] == 1:
            return x, self.options
        if self.same is not None:
            geometry = replace(geometry, padding=tuple(same_pairs(x, self.same)))
        x, geometry = unstride_single_window(x, self.kernel_width, geometry)
        if not geometry.is_symmetric:
            x, geometry = pad(x, geometry.padding), replace(geometry, padding=NO_PADDING)
        return x, _options(geometry)


def _options(geometry: ConvGeometry) -> tuple[Any, ...]:
    return geometry.zeros_before, geometry.stride, geometry.dilation, geometry.groups


class FusedDense(torch.nn.Module):
    """Dense layer over the channels with its activation.

    Args:
        module: Dense layer.
        precision: Number format of products.
    """

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
    """`activation(body(x) + shortcut(x))`, where the sum is part of the last convolution of the body.

    Args:
        first: Body without its last convolution.
        last: Last convolution of the body; its activation follows the sum.
        shortcut: The other branch.
    """

    def __init__(self, first: torch.nn.Sequential, last: FusedConvolution, shortcut: torch.nn.Module) -> None:
        super().__init__()
        self.first, self.last, self.shortcut = first, last, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x), self.shortcut(x))
