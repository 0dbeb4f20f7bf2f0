"""The part of a network before its last layer with weights."""

import copy
from typing import Any

import torch
from torch import Tensor

from opsin.nn import Sequential


class _Passing(torch.nn.Module):
    """Returns its input; keeps the layer that it replaces, so that the network's device can still be read."""

    def __init__(self, replaced: torch.nn.Module) -> None:
        super().__init__()
        self.replaced = replaced

    def forward(self, x: Tensor) -> Tensor:
        return x


def without_head(network: Sequential) -> Sequential:
    """Returns a network whose output is the input of the last layer with weights.

    Args:
        network: The whole network; it is not changed.

    Returns:
        A network that shares all modules with it, except for the last one with weights and those after it.
    """
    return _cut(network)


def _cut(module: Any) -> Any:
    children = list(module.named_children())
    while len(children) > 1 and next(children[-1][1].parameters(), None) is None:
        children.pop()
    name, last = children[-1]
    made = copy.copy(module)
    made._modules = {**dict(children), name: _cut(last) if isinstance(last, torch.nn.Sequential) else _Passing(last)}
    return made
