"""Builds the network that predicts: fewer, larger operations that compute the same.

On a CPU most of a small network's time goes into reading and writing feature maps between layers. Here batch
normalizations are folded into the convolutions before them (their statistics are fixed), activations and the sums of
residual layers are computed while a convolution's output is in registers, and weights lie in the order and number
format of oneDNN (https://uxlfoundation.github.io/oneDNN).
"""

import copy
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import torch

from opsin.nn import Sequential
from opsin.nn.composites import ResidualModule
from opsin.nn.layers.convolution import Conv2dModule
from opsin.nn.layers.dense import DenseModule

from .fused_layers import NO_PADDING, UNARY, FusedConvolution, FusedDense, FusedNetwork, FusedResidual
from .patterns import Named, Step, merge, takes_sum


def fuse(network: Sequential, precision: torch.dtype) -> FusedNetwork:
    """Returns a network for prediction on a CPU; weights are copies.

    Args:
        network: Trained network.
        precision: Number format of products: float32 or bfloat16.

    Examples:
        >>> from opsin.nn import BatchNormalization, Conv2D
        >>> net = Sequential([Conv2D(8, 3), BatchNormalization()], input_shape=(9, 9, 3), seed=0).eval()
        >>> [type(module).__name__ for module in fuse(net, torch.float32).children()]
        ['FusedConvolution']
    """
    with torch.no_grad():
        return FusedNetwork(_fuse_chain(network, precision)).eval()


def _fuse_chain(chain: torch.nn.Module, precision: torch.dtype) -> OrderedDict[str, torch.nn.Module]:
    kept = [(name, module) for name, module in chain.named_children() if not isinstance(module, torch.nn.Dropout)]
    return OrderedDict(named for step in merge(kept) for named in _fuse_step(step, precision))


def _fuse_step(step: Step, precision: torch.dtype) -> Iterator[Named]:
    """Generates the modules that compute a step."""
    operation, inside = step.operation, False
    if isinstance(operation, Conv2dModule | DenseModule) and operation.activation not in UNARY:
        yield from step.modules
        return
    if operation is not None:
        fused = _fuse_operation(step, operation, precision)
        inside = _takes_activation(fused, step)
        if inside and step.activation is not None:
            last: Any = fused.last if isinstance(fused, FusedResidual) else fused
            last.activation = step.activation.activation
        yield step.name_of(operation), fused
    elif step.padding is not None:
        yield step.modules[0]
    if step.pool is not None:
        yield step.name_of(step.pool), step.pool
    if step.activation is not None and not inside:
        yield step.name_of(step.activation), step.activation


def _fuse_operation(step: Step, operation: torch.nn.Module, precision: torch.dtype) -> torch.nn.Module:
    if isinstance(operation, Conv2dModule):
        pairs = NO_PADDING if step.padding is None else step.padding.pairs
        return FusedConvolution(operation, step.norm, precision, pairs)
    if isinstance(operation, DenseModule):
        return FusedDense(operation, precision)
    return _fuse_inside(operation, precision)


def _takes_activation(fused: torch.nn.Module, step: Step) -> bool:
    """Returns True if a fused operation can apply the step's activation; after a sum oneDNN has ReLU only."""
    if isinstance(fused, FusedResidual):
        return step.activation_name == "relu"
    return isinstance(fused, FusedConvolution | FusedDense) and step.activation_name in UNARY


def _fuse_inside(module: torch.nn.Module, precision: torch.dtype) -> torch.nn.Module:
    """Returns a copy of a module with fused children."""
    if isinstance(module, torch.nn.Sequential):
        return torch.nn.Sequential(_fuse_chain(module, precision))
    made: Any = copy.copy(module)
    made._modules = {name: _fuse_inside(child, precision) for name, child in module.named_children()}
    if isinstance(module, ResidualModule) and takes_sum(module.body):
        *first, (_, last) = made.body.named_children()
        return FusedResidual(torch.nn.Sequential(OrderedDict(first)), last, made.shortcut)
    return made
