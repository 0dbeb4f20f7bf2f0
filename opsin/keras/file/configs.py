"""Conversion of a network to Keras's config. Raises NetworkError for layers that Keras does not have."""

from typing import Any

import torch

from opsin.core import NetworkError
from opsin.nn import Layer, Sequential, Stage

from .activations import UNSUPPORTED
from .layers import SHARED_LAYERS

Config = dict[str, Any]


def model_config(network: Sequential, compiled: Config | None) -> Config:
    """Returns the content of config.json for a network.

    Args:
        network: A built network.
        compiled: Keras's compile_config, or None.

    Raises:
        NetworkError: Keras does not have a layer or an activation of the network.
    """
    batch_shape = [None, *network.input_shape]
    input_layer = {"batch_shape": batch_shape, "dtype": "float32", "sparse": False, "name": "input_layer"}
    layers = [_entry("keras.layers", "InputLayer", input_layer), *_entries(network.layers, network)]
    config = {"name": network.name, "trainable": True, "dtype": "float32", "layers": layers}
    built = {"input_shape": batch_shape}
    model = _entry("keras", "Sequential", config | {"build_input_shape": batch_shape})
    return model | {"build_config": built, "compile_config": compiled or {}}


def _entries(layers: Any, module: torch.nn.Module) -> list[Config]:
    entries = [_layer(layer, module.get_submodule(layer.name)) for layer in layers]
    if not entries:
        raise NetworkError("A stage or network without layers cannot be saved to a `.keras` file. Fix: remove it.")
    return entries


def _layer(layer: Layer, module: torch.nn.Module) -> Config:
    trained = [weight.requires_grad for weight in module.parameters()]
    frozen = (
        {"trainable": False} if trained and not any(trained) else {}
    )  # some Keras layers have no argument `trainable`
    shared = {"name": layer.name, "dtype": "float32"} | frozen
    if type(layer) is Stage:
        return _entry("keras", "Sequential", shared | {"layers": _entries(layer.layers, module)})
    kind = type(layer).__name__
    if SHARED_LAYERS.get(kind) is not type(layer):
        raise NetworkError(f"{layer.label} does not exist in Keras. Fix: save the network as an Opsin model file.")
    values = layer.to_json()
    del values["type"], values["name"]
    if values.get("activation") in UNSUPPORTED:
        raise layer.fail(f"has the activation {values['activation']!r}, which {UNSUPPORTED[values['activation']]}")
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
