"""Paths and axes of a network's weights in a `.keras` file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from opsin.nn import BatchNormalization, Dense, Layer, PReLU, Sequential, Stage
from opsin.nn.layers.convolution import Convolution
from opsin.nn.layers.depthwise import Depthwise, Separable
from opsin.nn.layers.normalization import Normalization
from opsin.nn.layers.transposed import Transposed
from opsin.nn.naming import snake_case


@dataclass(frozen=True)
class WeightGroup:
    """The HDF5 group of a layer.

    Attributes:
        path: Path of the group.
        values: Weights of the layer in Keras's order, as views with Keras's axes: writing to one changes the network.
        inner: Groups of the layers inside the layer.
    """

    path: str
    values: tuple[Tensor, ...]
    inner: tuple["WeightGroup", ...] = ()


def weight_groups(network: Sequential) -> tuple[WeightGroup, ...]:
    """Returns the groups of all layers of a network."""
    return tuple(_groups(network.layers, network, "layers"))


def flatten_groups(groups: Iterable[WeightGroup]) -> Iterator[WeightGroup]:
    """Yields the groups and all groups inside them."""
    for group in groups:
        yield group
        yield from flatten_groups(group.inner)


def _groups(layers: Iterable[Layer], module: torch.nn.Module, path: str) -> Iterator[WeightGroup]:
    """Yields the groups of layers. A group is named by the class of its layer; the second of a class `conv2d_1`."""
    counts: dict[str, int] = {}
    for layer in layers:
        kind = "sequential" if isinstance(layer, Stage) else snake_case(type(layer).__name__)
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        group_path = f"{path}/{kind}_{number}" if number else f"{path}/{kind}"
        own = module.get_submodule(str(layer.name))
        if isinstance(layer, Stage):
            yield WeightGroup(group_path, (), tuple(_groups(layer.layers, own, f"{group_path}/layers")))
        else:
            yield WeightGroup(group_path, tuple(_values(layer, own)))


def _values(layer: Layer, module: Any) -> list[Tensor]:
    """Returns the weights of one layer in Keras's order, with Keras's axes."""
    found: list[Tensor | None] = []
    if isinstance(layer, Separable):
        first, second = module.depthwise, module.pointwise
        found = [_depthwise(first), _kernel(second.weight), second.bias]
    elif isinstance(layer, Depthwise):
        found = [_depthwise(module), module.bias]
    elif isinstance(layer, Transposed):
        found = [_kernel(module.convolution.weight), module.convolution.bias]
    elif isinstance(layer, Convolution):
        found = [_kernel(module.weight), module.bias]
    elif isinstance(layer, Dense):
        found = [module.weight.T, module.bias]
    elif isinstance(layer, PReLU):
        found = [module.alpha.movedim(0, -1)]
    elif isinstance(layer, Normalization):
        found = [module.weight, module.bias]
        if isinstance(layer, BatchNormalization):
            found += [module.running_mean, module.running_var]
    return [value for value in found if value is not None]


def _kernel(weight: Tensor) -> Tensor:
    """Returns a kernel (a, b, *size) as (*size, b, a); a are the outputs, or the inputs of a transposed convolution."""
    return weight.movedim((0, 1), (-1, -2))


def _depthwise(module: Any) -> Tensor:
    """Returns a kernel (channels * multiplier, 1, *size) as (*size, channels, multiplier)."""
    return _kernel(module.weight).squeeze(-2).unflatten(-1, (module.groups, -1))
