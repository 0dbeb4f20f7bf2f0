"""Which weight of a network lies where in a `.keras` file, as a view with Keras's axes."""

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
class Place:
    """A layer's group in the file: the groups inside it by `inner`, its weights in order as `values`.

    The values are views of the network's own weights with the axes that Keras gives them: writing to one writes to
    the network.
    """

    path: str
    values: tuple[Tensor, ...]
    inner: tuple["Place", ...] = ()


def places(network: Sequential) -> tuple[Place, ...]:
    """Every layer of the network by where Keras keeps it."""
    return tuple(_places(network.layers, network, "layers"))


def all_places(found: Iterable[Place]) -> Iterator[Place]:
    """The places and those inside them."""
    for place in found:
        yield place
        yield from all_places(place.inner)


def _places(layers: Iterable[Layer], module: torch.nn.Module, path: str) -> Iterator[Place]:
    """Keras names a group by the layer's class, and the second of a class `conv2d_1`."""
    counts: dict[str, int] = {}
    for layer in layers:
        kind = "sequential" if isinstance(layer, Stage) else snake_case(type(layer).__name__)
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        here = f"{path}/{kind}_{number}" if number else f"{path}/{kind}"
        own = module.get_submodule(str(layer.name))
        if isinstance(layer, Stage):
            yield Place(here, (), tuple(_places(layer.layers, own, f"{here}/layers")))
        else:
            yield Place(here, tuple(_values(layer, own)))


def _values(layer: Layer, module: Any) -> list[Tensor]:
    """The weights of one layer in Keras's order and axes."""
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
    """(a, b, *kernel) as (*kernel, b, a), where a are outputs, of a transposed convolution inputs."""
    return weight.movedim((0, 1), (-1, -2))


def _depthwise(module: Any) -> Tensor:
    """(channels * multiplier, 1, *kernel) as (*kernel, channels, multiplier)."""
    return _kernel(module.weight).squeeze(-2).unflatten(-1, (module.groups, -1))
