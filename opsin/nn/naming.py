"""Assigns names to layers as Keras does, and rejects duplicate names."""

import re
from collections.abc import Sequence
from dataclasses import replace

import torch

from opsin.core import NetworkError

from .layer import Layer, short_repr

_MODULE_ATTRIBUTES = frozenset(dir(torch.nn.Sequential()))


def name_layers(layers: Sequence[Layer], reserved: frozenset[str] = frozenset()) -> tuple[Layer, ...]:
    """Gives each unnamed layer a name that is unique among its siblings.

    Args:
        layers: Layers of one chain, with or without names.
        reserved: Names that must not be used.

    Returns:
        The layers in order, all of them named.

    Raises:
        NetworkError: A given name is a duplicate, reserved, or not usable as a module name.

    Examples:
        >>> from opsin.nn import Dense
        >>> [layer.name for layer in name_layers([Dense(8), Dense(2)])]
        ['dense', 'dense_1']
    """
    used, counts, named = set[str](), dict[str, int](), list[Layer]()
    for layer in layers:
        if layer.name is not None:
            _check(layer, reserved)
            if layer.name in used:
                raise layer.fail(
                    "has the same name as another layer in its list. Fix: rename one of them or omit its name."
                )
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
    """Converts a class name to a layer name by Keras's rule.

    Args:
        name: Class name.

    Returns:
        The name in snake case.

    Examples:
        >>> snake_case("MaxPooling2D"), snake_case("BatchNormalization")
        ('max_pooling2d', 'batch_normalization')
    """
    name = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _check(layer: Layer, reserved: frozenset[str]) -> None:
    name: object = layer.name
    if not isinstance(name, str) or not name or len(name) > 200 or not name.isprintable() or {".", "/"} & set(name):
        raise NetworkError(
            f"{type(layer).__name__} has name={short_repr(name)}. Expected a string of 1 to 200 printable characters "
            "without '.' and '/'."
        )
    if name in reserved or name in _MODULE_ATTRIBUTES:
        raise layer.fail("has a reserved name, an attribute of the network. Fix: choose another name.")
