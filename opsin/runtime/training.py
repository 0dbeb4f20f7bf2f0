"""Runs a network for training with neighbouring layers as one step; weights and gradients are the network's own."""

import copy
from typing import Any, cast

import torch
from torch import Tensor

from opsin.kernels import registry
from opsin.kernels.registry import is_traced
from opsin.nn import Sequential
from opsin.nn.layers.activations import function
from opsin.nn.layers.convolution import Conv2dModule, ConvolutionModule

from .batch_norm_folding import folded, folds
from .patterns import Named, Step, merge


class TrainingNetwork:
    """Computes a network's logits with fewer operations than its layers one after the other.

    Parameters, buffers, training mode and hooks are those of the network, also when they change later. Make a new one
    after layers of the network were replaced.

    Args:
        network: Network to train.

    Examples:
        >>> from opsin.nn import Activation, Conv2D, MaxPooling2D
        >>> network = Sequential([Conv2D(8, 3), Activation("relu"), MaxPooling2D(2)], input_shape=(10, 10, 3), seed=0)
        >>> TrainingNetwork(network).logits(torch.zeros(1, 3, 10, 10)).shape
        torch.Size([1, 8, 4, 4])
    """

    def __init__(self, network: Sequential) -> None:
        self.network = network
        self.modules = [module for _, module in _rewrite_chain(network)]

    def logits(self, x: Tensor) -> Tensor:
        """Computes the output before the final softmax or sigmoid, as `Sequential.logits`."""
        if not registry.ENABLED or is_traced():
            return self.network.logits(x)
        x = self.network.checked_input(x)
        for module in self.modules:
            x = module(x)
        return x


class TrainingStep(torch.nn.Module):
    """Modules of a chain that run as one step; those with hooks run by themselves.

    Args:
        step: The modules.
    """

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step
        self.hooks = [hooks for _, module in step.modules for hooks in _hooks(module)]

    def forward(self, x: Tensor) -> Tensor:
        if not any(self.hooks):
            return _run(self.step, x)
        for step in merge(self.step.modules, _has_hooks):
            x = _run(step, x)
        return x


def _run(step: Step, x: Tensor) -> Tensor:
    if len(step.modules) == 1:
        return step.modules[0][1](x)
    if isinstance(step.operation, Conv2dModule):
        return _convolve(step, step.operation, x)
    name = step.activation_name
    if step.pool is None:
        for _, module in step.modules:
            x = module(x)
        return x
    if isinstance(step.operation, ConvolutionModule):  # over one or three axes, with an activation of its own
        module: Any = step.operation
        x = step.operation.convolve(x, module.weight, module.bias, module.padding_pairs(x), None)
    elif step.operation is not None:
        x = step.operation(x)
    return function(name, in_place=True)(step.pool(x))


def _convolve(step: Step, convolution: Conv2dModule, x: Tensor) -> Tensor:
    pairs, name = convolution.padding_pairs(x), step.activation_name
    if step.padding is not None:
        zeros = zip(pairs, step.padding.pairs, strict=True)
        pairs = tuple((own[0] + more[0], own[1] + more[1]) for own, more in zeros)
    weights = (convolution.weight, convolution.bias)
    folding = step.norm is not None and folds(x, convolution, step.norm)
    if folding and step.norm is not None:
        weights = folded(convolution, step.norm)
    norm = None if folding else step.norm
    at_once = norm is None and step.pool is None
    x = convolution.convolve(x, *weights, pairs, name if at_once else None)
    if at_once:
        return x
    x = x if norm is None else norm(x)
    if step.pool is not None:
        return function(name, in_place=True)(step.pool(x))
    return x if step.activation is None else step.activation(x)


def _rewrite_chain(chain: torch.nn.Module) -> list[Named]:
    steps = merge((name, _rewrite(module)) for name, module in chain.named_children())
    return [one for step in steps for one in ([("_".join(n for n, _ in step.modules), TrainingStep(step))] if
            _gains(step) else step.modules)]  # fmt: skip


def _gains(step: Step) -> bool:
    return len(step.modules) > 1 and (step.pool is not None or isinstance(step.operation, Conv2dModule))


def _rewrite(module: torch.nn.Module) -> torch.nn.Module:
    """Returns the module itself if nothing in it can be merged, else a copy of it that shares all else."""
    if isinstance(module, torch.nn.Sequential):
        children = _rewrite_chain(module)
    else:
        children = [(name, _rewrite(child)) for name, child in module.named_children()]
    if [child for _, child in children] == list(module.children()):
        return module
    made = cast(Any, copy.copy(module))
    made._modules = dict(children)
    return made


def _hooks(module: torch.nn.Module) -> tuple[dict[int, Any], ...]:
    own = cast(Any, module)
    return own._forward_hooks, own._forward_pre_hooks, own._backward_hooks, own._backward_pre_hooks


def _has_hooks(module: torch.nn.Module) -> bool:
    return any(_hooks(module))
