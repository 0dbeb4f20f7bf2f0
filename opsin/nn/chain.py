"""Modules one after the other, in the order that costs least."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from .folding import folded, folds
from .layers.activations import ActivationModule, function
from .layers.convolution import Conv2dModule, ConvolutionModule
from .layers.pooling import MaxPoolModule

_RISING = ("relu", "relu6")
"""Functions of which it makes no difference whether the largest is taken before or after, gradients included."""


class ChainModule(torch.nn.Sequential):
    """torch's Sequential, run by `run_chain`."""

    def forward(self, input: Tensor) -> Tensor:
        return run_chain(self.children(), input)


def run_chain(modules: Iterable[torch.nn.Module], x: Tensor) -> Tensor:
    """What the modules make of `x`, one after the other, the same numbers as in their order.

    A rectifier before max pooling is computed behind it instead, on a quarter of the numbers or fewer, any other one
    with the convolution before it, and a fixed normalization becomes part of a convolution, unless a hook wants to see
    what comes between. Who traces the network gets the rectifier in its place, where other runtimes make it part of the
    convolution.
    """
    left = list(modules)
    place = 0
    while place < len(left):
        x, done = _together(left[place : place + 4], x)
        place += done
    return x


def _together(modules: list[torch.nn.Module], x: Tensor) -> tuple[Tensor, int]:
    """What the first modules that can be one step make of `x`, and how many those are."""
    module, follower = modules[0], modules[1] if len(modules) > 1 else None
    if follower is None or _watched(module) or _watched(follower):
        return module(x), 1
    if isinstance(module, Conv2dModule):
        if isinstance(follower, torch.nn.BatchNorm2d) and folds(x, module, follower):
            rectifier = _rectifier(modules[2:])
            y = module.convolve(x, *folded(module, follower), module.padding_pairs(x), rectifier)
            return y, 2 + (rectifier is not None)
        if module.activation is None and (rectifier := _rectifier(modules[1:])):
            return module.convolve(x, module.weight, module.bias, module.padding_pairs(x), rectifier), 2
    if type(follower) is MaxPoolModule and not torch.jit.is_tracing():  # pyright: ignore[reportPrivateImportUsage]
        if isinstance(module, ConvolutionModule) and module.activation in _RISING:
            own: Any = module
            y = module.convolve(x, own.weight, own.bias, module.padding_pairs(x), None)
            return function(module.activation, in_place=True)(follower(y)), 2
        if isinstance(module, ActivationModule) and module.activation in _RISING:
            return function(module.activation, in_place=True)(follower(x)), 2
    return module(x), 1


def _rectifier(modules: list[torch.nn.Module]) -> str | None:
    """Which one comes next, unless max pooling is behind it."""
    first, pools = modules[0] if modules else None, len(modules) > 1 and type(modules[1]) is MaxPoolModule
    if not isinstance(first, ActivationModule) or first.activation not in _RISING or pools or _watched(first):
        return None
    return first.activation


def _watched(module: torch.nn.Module) -> bool:
    hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks, module._backward_pre_hooks)  # pyright: ignore[reportPrivateUsage]
    return any(hooks)


pass


def tap(chain: torch.nn.Module, path: str, x: Tensor, wanted: set[str], found: dict[str, Tensor]) -> Tensor:
    """Runs the chain's children until all `wanted` paths are in `found`; what the last one gave."""
    children = list(chain.named_children())
    for index, (name, module) in enumerate(children):
        here = f"{path}{name}"
        if isinstance(module, ChainModule) and any(other.startswith(f"{here}/") for other in wanted):
            x = tap(module, f"{here}/", x, wanted, found)
        else:
            x = module(x)
        if here in wanted:
            follower = children[index + 1][1] if index + 1 < len(children) else None
            overwritten = isinstance(follower, ActivationModule) and follower.in_place
            found[here] = x.clone() if overwritten else x
        if wanted <= found.keys():
            break
    return x
