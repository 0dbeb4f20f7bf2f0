"""Names for layers that have none, as Keras gives them, and a refusal of two layers with one name."""

import re
from collections.abc import Sequence
from dataclasses import replace

import torch

from opsin.core import NetworkError

from .layer import Layer, short_repr

_MODULES_OWN = frozenset(dir(torch.nn.Sequential()))


def name_layers(layers: Sequence[Layer], taken: frozenset[str] = frozenset()) -> tuple[Layer, ...]:
    """The layers, each with a name that no sibling has; NetworkError for a doubled or unusable name.

    >>> from opsin.nn import Dense
    >>> [layer.name for layer in name_layers([Dense(8), Dense(2)])]
    ['dense', 'dense_1']
    """
    used, counts, named = set[str](), dict[str, int](), list[Layer]()
    for layer in layers:
        if layer.name is not None:
            _check(layer, taken)
            if layer.name in used:
                raise layer.fail("has the name of another layer beside it: rename one or leave its name out")
            used.add(layer.name)
    for layer in layers:
        if layer.name is not None:
            named.append(layer)
            continue
        kind = snake_case(type(layer).__name__)
        number = counts.get(kind, 0)
        while (name := f"{kind}_{number}" if number else kind) in used:
            number += 1
        counts[kind] = number + 1
        used.add(name)
        named.append(replace(layer, name=name))
    return tuple(named)


def snake_case(name: str) -> str:
    """Keras's rule from a class name to a layer name.

    >>> snake_case("MaxPooling2D"), snake_case("BatchNormalization")
    ('max_pooling2d', 'batch_normalization')
    """
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _check(layer: Layer, taken: frozenset[str]) -> None:
    name: object = layer.name
    if not isinstance(name, str) or not name or len(name) > 200 or not name.isprintable() or {".", "/"} & set(name):
        raise NetworkError(
            f"{type(layer).__name__} is called {short_repr(name)}; expected a text of 1 to 200 letters, no '.' or '/'"
        )
    if name in taken or name in _MODULES_OWN:
        raise layer.fail("has a name that the network needs for itself: choose another name")
