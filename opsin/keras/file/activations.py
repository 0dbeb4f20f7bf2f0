"""Keras's ways to write an activation: by name, as an object, and as a layer of its own."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from opsin.core import ModelFileError
from opsin.nn.layers.activations import FUNCTIONS

DIFFERENT = {
    "glu": "halves the channels, which Keras's layers do not know",
    "sparsemax": "is computed otherwise by Keras and by Opsin",
}
"""Functions of both that cannot be carried from one to the other, and why."""
_LEAK = 0.2


def activation_name(label: str, value: object) -> str:
    """The name of an activation function in a config; ModelFileError when Opsin does not have it."""
    name: object = value
    if value is None:
        return "linear"
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        kind, config = found.get("class_name"), found.get("config")
        if isinstance(kind, str) and kind in ACTIVATIONS and isinstance(config, dict):
            return ACTIVATIONS[kind](label, cast("dict[str, Any]", config))
        name = kind
    if not isinstance(name, str) or name not in FUNCTIONS or name in DIFFERENT:
        why = f", which {DIFFERENT[name]}" if isinstance(name, str) and name in DIFFERENT else ""
        expected = ", ".join(sorted(set(FUNCTIONS) - set(DIFFERENT)))
        raise ModelFileError(f"has {label} with the activation {name!r:.100}{why}; expected one of {expected}")
    return name


def _relu(label: str, config: dict[str, Any]) -> str:
    found = (config.get("max_value"), config.get("negative_slope") or 0, config.get("threshold") or 0)
    return _known(label, found, {(None, 0, 0): "relu", (6, 0, 0): "relu6", (None, _LEAK, 0): "leaky_relu"})


def _leaky_relu(label: str, config: dict[str, Any]) -> str:
    slope = config.get("negative_slope", config.get("alpha", 0.3))
    return _known(label, (slope,), {(_LEAK,): "leaky_relu", (0,): "relu"})


def _elu(label: str, config: dict[str, Any]) -> str:
    return _known(label, (config.get("alpha", 1.0),), {(1,): "elu"})


def _softmax(label: str, config: dict[str, Any]) -> str:
    return _known(label, (config.get("axis", -1),), {(-1,): "softmax"})


def _known(label: str, found: tuple[object, ...], known: Mapping[Any, str]) -> str:
    for values, name in known.items():
        if found == values:
            return name
    raise ModelFileError(
        f"has {label} with an activation of the settings {found!r:.100}; Opsin has {', '.join(known.values())} with "
        f"{' or '.join(map(repr, known))} only: make it a layer of its own behind this one"
    )


ACTIVATIONS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
}
"""Layers of Keras that another layer may have as its `activation`, and the name of the function that they are."""
