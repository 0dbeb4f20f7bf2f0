"""Opsin's layers as Keras's configs: what Keras does not have is refused, by name."""

from typing import Any

import torch

from opsin.core import NetworkError
from opsin.nn import Layer, Sequential, Stage

from .activations import DIFFERENT
from .layers import SAME

Config = dict[str, Any]


def model_config(network: Sequential, compiled: Config | None) -> Config:
    """The whole config.json of a network."""
    batch_shape = [None, *network.input_shape]
    start = {"batch_shape": batch_shape, "dtype": "float32", "sparse": False, "name": "input_layer"}
    layers = [_entry("keras.layers", "InputLayer", start), *_entries(network.layers, network)]
    config = {"name": network.name, "trainable": True, "dtype": "float32", "layers": layers}
    built = {"input_shape": batch_shape}
    whole = _entry("keras", "Sequential", config | {"build_input_shape": batch_shape})
    return whole | {"build_config": built, "compile_config": compiled or {}}


def _entries(layers: Any, module: torch.nn.Module) -> list[Config]:
    found = [_layer(layer, module.get_submodule(layer.name)) for layer in layers]
    if not found:
        raise NetworkError("a stage or network without layers has no place in a `.keras` file; leave it out")
    return found


def _layer(layer: Layer, module: torch.nn.Module) -> Config:
    trained = [weight.requires_grad for weight in module.parameters()]
    frozen = {"trainable": False} if trained and not any(trained) else {}  # some layers of Keras take no `trainable`
    shared = {"name": layer.name, "dtype": "float32"} | frozen
    if type(layer) is Stage:
        return _entry("keras", "Sequential", shared | {"layers": _entries(layer.layers, module)})
    kind = type(layer).__name__
    if SAME.get(kind) is not type(layer):
        raise NetworkError(
            f"{layer.label} is a layer that Keras does not have; save the network as Opsin's own model file instead"
        )
    values = layer.to_json()
    del values["type"], values["name"]
    if values.get("activation") in DIFFERENT:
        raise layer.fail(f"has the activation {values['activation']!r}, which {DIFFERENT[values['activation']]}")
    return _entry("keras.layers", kind, shared | {key: _value(kind, key, value) for key, value in values.items()})


def _value(kind: str, key: str, value: object) -> object:
    if key.endswith("_initializer") and value == "dirac":
        return "glorot_uniform"
    if key == "activation":
        return value or "linear"
    if isinstance(value, list) and len(value) == 1 and kind in ("UpSampling1D", "ZeroPadding1D", "Cropping1D"):
        return value[0]
    return value


def _entry(module: str, kind: str, config: Config) -> Config:
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}
