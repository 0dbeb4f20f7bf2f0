"""A network made ready for answers: fewer, larger steps that compute the same.

On processors most of a small network's time goes into reading and writing maps between layers. Here batch
normalizations become part of the convolution before them (as their statistics are fixed), activations and the sums of
residual layers are computed while a convolution's results are still at hand, and weights lie in the order and number
format in which oneDNN wants them (https://uxlfoundation.github.io/oneDNN).
"""

import copy
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from opsin.nn import Sequential
from opsin.nn.composites import ResidualModule
from opsin.nn.layers.activations import ActivationModule
from opsin.nn.layers.convolution import Conv2dModule
from opsin.nn.layers.dense import DenseModule
from opsin.nn.layers.zero_padding import ZeroPaddingModule
from opsin.nn.sequential import channels_last

from .fused_layers import LINEAR, NO_PADDING, UNARY, FusedConvolution, FusedDense, FusedResidual


class FusedNetwork(torch.nn.Sequential):
    """Modules one after the other, with nothing left to find out when they are called."""

    def logits(self, x: Tensor) -> Tensor:
        """What the network computes before the softmax or sigmoid of its last layer, from (N, C, H, W) floats."""
        return self(channels_last(x))


def fuse(network: Sequential, precision: torch.dtype) -> FusedNetwork:
    """The network for answers on a processor, with products in `precision`; weights are copies.

    >>> from opsin.nn import BatchNormalization, Conv2D
    >>> net = Sequential([Conv2D(8, 3), BatchNormalization()], input_shape=(9, 9, 3), seed=0).eval()
    >>> [type(module).__name__ for module in fuse(net, torch.float32).children()]
    ['FusedConvolution']
    """
    with torch.no_grad():
        return FusedNetwork(_chain(network.named_children(), precision)).eval()


def _with(module: Any, children: dict[str, torch.nn.Module]) -> Any:
    """A copy of the module with other children."""
    made = copy.copy(module)
    made._modules = children
    return made


def _chain(modules: Iterable[tuple[str, torch.nn.Module]], precision: torch.dtype) -> OrderedDict[str, torch.nn.Module]:
    """Modules that follow one another, those that can be one as one."""
    left = [(name, module) for name, module in modules if not isinstance(module, torch.nn.Dropout)]
    made: OrderedDict[str, torch.nn.Module] = OrderedDict()
    while left:
        name, module = left.pop(0)
        around = NO_PADDING
        if isinstance(module, ZeroPaddingModule) and left and _takes_zeros(left[0][1]):
            around = module.pairs
            name, module = left.pop(0)
        follows = left[0][1] if left else None
        if isinstance(module, Conv2dModule) and module.activation in UNARY:
            norm = None
            if module.activation is None and isinstance(follows, torch.nn.BatchNorm2d) and follows.track_running_stats:
                norm = follows
                left.pop(0)
            module = FusedConvolution(module, norm, precision, around)
        elif isinstance(module, DenseModule) and module.activation in UNARY:
            module = FusedDense(module, precision)
        else:
            module = _inside(module, precision)
        last = module.last if isinstance(module, FusedResidual) else module
        follows = left[0][1] if left else None
        if (
            isinstance(last, FusedConvolution | FusedDense)
            and last.activation in LINEAR
            and isinstance(follows, ActivationModule)
            and follows.activation in UNARY
            and (follows.activation == "relu" or last is module)  # after a sum oneDNN knows only this one
        ):
            last.activation = follows.activation
            left.pop(0)
        made[name] = module
    return made


def _takes_zeros(module: torch.nn.Module) -> bool:
    """Whether the zeros that a layer puts around a map can be part of the module behind it, a convolution."""
    return isinstance(module, Conv2dModule) and module.same is None and module.activation in UNARY


def _inside(module: torch.nn.Module, precision: torch.dtype) -> torch.nn.Module:
    """What is in a module made ready, the module itself as it is."""
    if isinstance(module, torch.nn.Sequential):
        return torch.nn.Sequential(_chain(module.named_children(), precision))
    made = _with(module, {name: _inside(child, precision) for name, child in module.named_children()})
    if isinstance(module, ResidualModule):
        *first, end = list(made.body.named_children()) or [("", None)]
        if isinstance(end[1], FusedConvolution) and end[1].activation in LINEAR:
            return FusedResidual(torch.nn.Sequential(OrderedDict(first)), end[1], made.shortcut)
    return made
