"""Activations in Keras's configs: by name, as an object, or as a layer."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from opsin.core import ModelFileError
from opsin.nn.layers.activations import FUNCTIONS

UNSUPPORTED = {
    "glu": "halves the channels, unlike the output shapes of Keras",
    "sparsemax": "has different definitions in Keras and Opsin",
}
"""Functions that exist in Keras and Opsin but cannot be converted, and the reason."""
_LEAKY_SLOPE = 0.2


def activation_name(label: str, value: object) -> str:
    """Returns the name of the activation function in a config. Raises ModelFileError if Opsin does not support it."""
    name: object = value
    if value is None:
        return "linear"
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        kind, config = found.get("class_name"), found.get("config")
        if isinstance(kind, str) and kind in ACTIVATIONS and isinstance(config, dict):
            return ACTIVATIONS[kind](label, cast("dict[str, Any]", config))
        name = kind
    if not isinstance(name, str) or name not in FUNCTIONS or name in UNSUPPORTED:
        reason = f", which {UNSUPPORTED[name]}" if isinstance(name, str) and name in UNSUPPORTED else ""
        expected = ", ".join(sorted(set(FUNCTIONS) - set(UNSUPPORTED)))
        raise ModelFileError(f"has {label} with the activation {name!r:.100}{reason}. Expected one of {expected}.")
    return name


def _relu(label: str, config: dict[str, Any]) -> str:
    found = (config.get("max_value"), config.get("negative_slope") or 0, config.get("threshold") or 0)
    return _lookup(label, found, {(None, 0, 0): "relu", (6, 0, 0): "relu6", (None, _LEAKY_SLOPE, 0): "leaky_relu"})


def _leaky_relu(label: str, config: dict[str, Any]) -> str:
    slope = config.get("negative_slope", config.get("alpha", 0.3))
    return _lookup(label, (slope,), {(_LEAKY_SLOPE,): "leaky_relu", (0,): "relu"})


def _elu(label: str, config: dict[str, Any]) -> str:
    return _lookup(label, (config.get("alpha", 1.0),), {(1,): "elu"})


def _softmax(label: str, config: dict[str, Any]) -> str:
    return _lookup(label, (config.get("axis", -1),), {(-1,): "softmax"})


def _lookup(label: str, found: tuple[object, ...], known: Mapping[Any, str]) -> str:
    for values, name in known.items():
        if found == values:
            return name
    raise ModelFileError(
        f"has {label} with an activation with the settings {found!r:.100}. Expected {' or '.join(map(repr, known))} "
        f"({', '.join(known.values())}). Fix: add the activation as a separate layer."
    )


ACTIVATIONS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
}
"""Functions that return the activation name for Keras layers that are used as the `activation` of another layer."""
