"""Modules one after the other, in the order that costs least."""

from collections.abc import Iterable

import torch
from torch import Tensor

from .activations import ActivationModule, function
from .convolution import Conv2dModule, ConvolutionModule
from .folding import folded, folds
from .pooled_convolution import convolve_and_pool, gains
from .pooling import MaxPoolModule

_RISING = ("relu", "relu6")
"""Functions of which it makes no difference whether the largest is taken before or after, gradients included."""


class ChainModule(torch.nn.Sequential):
    """torch's Sequential, run by `run_chain`."""

    def forward(self, input: Tensor) -> Tensor:
        return run_chain(self.children(), input)


def run_chain(modules: Iterable[torch.nn.Module], x: Tensor) -> Tensor:
    """What the modules make of `x`, one after the other, the same numbers as in their order.

    A rectifier before max pooling is computed behind it instead, on a quarter of the numbers or fewer, and a fixed
    normalization becomes part of the convolution before it, unless a hook wants to see what comes between. Who traces
    the network gets the rectifier in its place, where other runtimes make it part of the convolution.
    """
    left = list(modules)
    place = 0
    while place < len(left):
        module, follower = left[place], left[place + 1] if place + 1 < len(left) else None
        if follower is None or _watched(module) or _watched(follower):
            x, place = module(x), place + 1
            continue
        if isinstance(module, Conv2dModule) and isinstance(follower, torch.nn.BatchNorm2d):
            if folds(x, module, follower):
                x, place = module.convolve(x, folded(module, follower)), place + 2
                continue
        elif type(follower) is MaxPoolModule and not torch.jit.is_tracing():  # pyright: ignore[reportPrivateImportUsage]
            if isinstance(module, Conv2dModule) and gains(x, module, follower):
                x, place = convolve_and_pool(x, module), place + 2
                continue
            if isinstance(module, ConvolutionModule) and module.activation in _RISING:
                x, place = _pooled(module.convolve(x), module.activation, follower), place + 2
                continue
            if isinstance(module, ActivationModule) and module.activation in _RISING:
                x, place = _pooled(x, module.activation, follower), place + 2
                continue
        x, place = module(x), place + 1
    return x


def _pooled(x: Tensor, activation: str, pooling: MaxPoolModule) -> Tensor:
    """Pooled and then rectified, in one pass where that can be."""
    if activation == "relu":
        return pooling.pool(x, rectified=True)
    return function(activation, in_place=True)(pooling(x))


def _watched(module: torch.nn.Module) -> bool:
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)  # pyright: ignore[reportPrivateUsage]
    return any(hooks)
