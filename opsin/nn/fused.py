"""A network made ready for answers: fewer, larger steps that compute the same.

On processors most of a small network's time goes into reading and writing maps between layers. Here batch
normalizations become part of the convolution before them (as their statistics are fixed), activations and the sums of
residual layers are computed while a convolution's results are still at hand, and weights lie in the order and number
format in which oneDNN wants them (https://uxlfoundation.github.io/oneDNN).
"""

import copy
from collections.abc import Iterable
from typing import Any, cast

import torch
from torch import Tensor

from .activations import ActivationModule
from .composites import ResidualModule
from .convolution import Conv2dModule
from .dense import DenseModule
from .folding import folded
from .padding import pad_same
from .pooled_convolution import fits, packed, padded, padding_of, pooled, worth
from .pooling import MaxPoolModule
from .sequential import Sequential

_KERNELS: Any = torch.ops.mkldnn
_Unary = tuple[str, list[float], str]
_NONE: _Unary = ("none", [], "")
_RELU: _Unary = ("relu", [], "")
_UNARY: dict[str | None, _Unary] = {
    None: _NONE,
    "linear": _NONE,
    "relu": _RELU,
    "relu6": ("hardtanh", [0.0, 6.0], ""),
    "silu": ("swish", [], ""),
    "swish": ("swish", [], ""),
    "sigmoid": ("sigmoid", [], ""),
    "tanh": ("tanh", [], ""),
    "gelu": ("gelu", [], "none"),
}


class FusedConvolution(torch.nn.Module):
    """A convolution with its normalization and activation, and perhaps another map added before the activation."""

    def __init__(self, module: Conv2dModule, norm: torch.nn.BatchNorm2d | None, precision: torch.dtype) -> None:
        super().__init__()
        self.same, self.unary = module.same, _UNARY[module.activation]
        self.settings = (module.padding, module.stride, module.dilation, module.groups)
        weight, bias = (module.weight, module.bias) if norm is None else folded(module, norm)
        self.precision, self.bias = precision, None if bias is None else bias.to(precision)
        weight = weight.to(precision).contiguous(memory_format=torch.channels_last)
        self.packed = _KERNELS._reorder_convolution_weight(weight, *self.settings)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        x = x.to(self.precision)
        x = x if self.same is None else pad_same(x, self.same)
        if other is None:
            return _KERNELS._convolution_pointwise(x, self.packed, self.bias, *self.settings, *self.unary)
        return _KERNELS._convolution_pointwise.binary(
            x,
            other.to(self.precision),
            self.packed,
            self.bias,
            *self.settings,
            "add",
            1.0,
            *(self.unary if self.unary is _RELU else (None, [], None)),
        )


class FusedPooledConvolution(FusedConvolution):
    """A convolution over an image's few channels with its rectifier and max pooling, in one pass over large images."""

    def __init__(self, module: Conv2dModule, pooling: MaxPoolModule) -> None:
        super().__init__(module, None, torch.bfloat16)
        self.pooling, self.shape, self.around = pooling, module.weight.shape, padding_of(module)
        self.weights = packed(module.weight)
        self.biases = torch.zeros(len(module.weight)) if module.bias is None else module.bias.float().contiguous()

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        if not worth(x, self.around, self.shape):
            return self.pooling(super().forward(x))
        _, channels, rows, columns = self.shape
        x = padded(x, self.around)
        return pooled(x, self.weights, self.biases, (rows, columns, channels), winners=False)[0]


class FusedDense(torch.nn.Module):
    """A dense layer over the channels with its activation."""

    def __init__(self, module: DenseModule, precision: torch.dtype) -> None:
        super().__init__()
        self.unary, self.precision = _UNARY[module.activation], precision
        bias = cast("Tensor | None", module.bias)
        self.bias = None if bias is None else bias.detach().to(precision)
        self.packed = _KERNELS._reorder_linear_weight(module.weight.detach().to(precision).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        last = x.to(self.precision).movedim(1, -1)
        rows = last.reshape(-1, last.shape[-1])
        y = _KERNELS._linear_pointwise(rows, self.packed, self.bias, *self.unary)
        return y.view(*last.shape[:-1], y.shape[-1]).movedim(-1, 1)


class FusedResidual(torch.nn.Module):
    """`activation(body(x) + shortcut(x))`, where the sum is part of the body's last convolution."""

    def __init__(self, first: torch.nn.Sequential, last: FusedConvolution, shortcut: torch.nn.Module) -> None:
        super().__init__()
        self.first, self.last, self.shortcut = first, last, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x), self.shortcut(x))


def fuse(network: Sequential, precision: torch.dtype) -> Sequential:
    """The network for `logits` in evaluation mode on a processor, with products in `precision`; weights are copies.

    >>> from opsin.nn import BatchNormalization, Conv2D
    >>> net = Sequential([Conv2D(8, 3), BatchNormalization()], input_shape=(9, 9, 3), seed=0).eval()
    >>> [type(module).__name__ for module in fuse(net, torch.float32).children()]
    ['FusedConvolution']
    """
    with torch.no_grad():
        return _with(network, _chain(network.named_children(), precision)).eval()


def _with(module: Any, children: dict[str, torch.nn.Module]) -> Any:
    """A copy of the module with other children."""
    made = copy.copy(module)
    made._modules = children
    return made


def _chain(modules: Iterable[tuple[str, torch.nn.Module]], precision: torch.dtype) -> dict[str, torch.nn.Module]:
    """Modules that follow one another, those that can be one as one."""
    left = [(name, module) for name, module in modules if not isinstance(module, torch.nn.Dropout)]
    made: dict[str, torch.nn.Module] = {}
    while left:
        name, module = left.pop(0)
        follows = left[0][1] if left else None
        if (
            precision == torch.bfloat16
            and isinstance(module, Conv2dModule)
            and isinstance(follows, MaxPoolModule)
            and fits(module, follows)
        ):
            module = FusedPooledConvolution(module, follows)
            left.pop(0)
        elif isinstance(module, Conv2dModule) and module.activation in _UNARY:
            norm = None
            if module.activation is None and isinstance(follows, torch.nn.BatchNorm2d) and follows.track_running_stats:
                norm = follows
                left.pop(0)
            module = FusedConvolution(module, norm, precision)
        elif isinstance(module, DenseModule) and module.activation in _UNARY:
            module = FusedDense(module, precision)
        else:
            module = _inside(module, precision)
        end = module.last if isinstance(module, FusedResidual) else module
        follows = left[0][1] if left else None
        if (
            isinstance(end, FusedConvolution | FusedDense)
            and end.unary is _NONE
            and isinstance(follows, ActivationModule)
            and (unary := _UNARY.get(follows.activation, _NONE)) is not _NONE
            and (unary is _RELU or end is module)  # after a sum oneDNN knows only this one
        ):
            end.unary = unary
            left.pop(0)
        made[name] = module
    return made


def _inside(module: torch.nn.Module, precision: torch.dtype) -> torch.nn.Module:
    """What is in a module made ready, the module itself as it is."""
    if isinstance(module, torch.nn.Sequential):
        return _with(module, _chain(module.named_children(), precision))
    made = _with(module, {name: _inside(child, precision) for name, child in module.named_children()})
    if isinstance(module, ResidualModule):
        *first, end = list(made.body.named_children()) or [("", None)]
        if isinstance(end[1], FusedConvolution) and end[1].unary is _NONE:
            return FusedResidual(_with(made.body, dict(first)), end[1], made.shortcut)
    return made
