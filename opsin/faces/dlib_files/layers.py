"""Layers of a network file of dlib, from the input to the output."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Final

import numpy as np

from .values import ValueReader

MAX_LAYERS: Final = 1000
_TAG, _INNERMOST = 1, 3
_SIDE = (0, 4096)


@dataclass(frozen=True)
class NetworkLayer:
    """One layer.

    Attributes:
        kind: "input", "con", "affine", "relu", "max_pool", "avg_pool", "add_prev" or "fc".
        numbers: Whole numbers by name: window, strides and padding.
        arrays: float32 arrays by name: `kernel` (filters, channels, rows, columns), `bias` (filters,), `scale` and
            `shift` (channels,), `weight` (inputs, units).
    """

    kind: str
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


def read_network(content: bytes, name: str) -> list[NetworkLayer]:
    """Reads the layers of a network that dlib wrote: `loss_metric` with a sized input, or `loss_mmod` with a pyramid.

    Batch normalization is returned as the scale and shift that it applies in inference.

    Args:
        content: Bytes of the file.
        name: Name of the file, for messages.

    Returns:
        The layers from the input to the output, without tags.

    Raises:
        ModelFileError: The file is cut short, damaged, or holds a layer that is not supported.
    """
    reader = ValueReader(content, name)
    _loss(reader)
    versions = _versions(reader)
    layers = [_input(reader)]
    for number, version in enumerate(reversed(versions)):
        if version == _TAG:
            continue
        layers.append(_layer(reader))
        _training_state(reader)
        if number == 0:
            reader.expect(1)  # the input expands no sample
    if reader.position != len(content):
        raise reader.fail("more bytes follow the last layer")
    return layers


def _loss(reader: ValueReader) -> None:
    reader.expect(1)
    kind = reader.text()
    if kind == "loss_metric_2":
        _skip_reals(reader, 2)
    elif kind == "loss_mmod_":
        reader.expect(1, 80, 80)  # version, width and height of the window
        _skip_reals(reader, 7)
    else:
        raise reader.fail(f"the loss is {kind!r}, not loss_metric_2 or loss_mmod_")


def _versions(reader: ValueReader) -> list[int]:
    """Reads the version of each layer, the output first; only tags and skips have version 1."""
    versions: list[int] = []
    while not versions or versions[-1] != _INNERMOST:
        versions.append(reader.integer(_TAG, _INNERMOST))
        if len(versions) > MAX_LAYERS:
            raise reader.fail(f"it has more than {MAX_LAYERS} layers")
    return versions


def _input(reader: ValueReader) -> NetworkLayer:
    kind = reader.text()
    if kind not in ("input_rgb_image_sized", "input_rgb_image_pyramid"):
        raise reader.fail(f"the input is {kind!r}, not input_rgb_image_sized or input_rgb_image_pyramid")
    mean = np.array([reader.real() for _ in range(3)], np.float32)
    size = (reader.integer(*_SIDE), reader.integer(*_SIDE)) if kind == "input_rgb_image_sized" else (0, 0)
    return NetworkLayer("input", {"size": size}, {"mean": mean})


def _layer(reader: ValueReader) -> NetworkLayer:
    kind = reader.text()
    if kind not in _READERS:
        raise reader.fail(f"the layer is {kind!r:.40}, not one of {', '.join(_READERS)}")
    return _READERS[kind](reader)


def _training_state(reader: ValueReader) -> None:
    for _ in range(3):
        reader.boolean()
    for _ in range(3):
        reader.tensor()


def _convolution(reader: ValueReader) -> NetworkLayer:
    values = reader.tensor().reshape(-1)
    filters, *window = (reader.integer(*_SIDE) for _ in range(7))
    shape = _view(reader)
    bias = _view(reader)
    _skip_reals(reader, 4)
    count = prod(shape)
    if shape[0] != filters or list(shape[2:]) != window[:2] or prod(bias) != filters or count + filters != len(values):
        raise reader.fail(f"a convolution has {len(values)} values for kernels {shape} and biases {bias}")
    numbers = {"strides": tuple(window[2:4]), "padding": tuple(window[4:6])}
    return NetworkLayer("con", numbers, {"kernel": values[:count].reshape(shape), "bias": values[count:]})


def _affine(reader: ValueReader) -> NetworkLayer:
    scale, shift = _scale_and_shift(reader)
    reader.expect(0)  # a value a channel
    return NetworkLayer("affine", arrays={"scale": scale, "shift": shift})


def _batch_normalization(reader: ValueReader) -> NetworkLayer:
    gamma, beta = _scale_and_shift(reader)
    statistics = [reader.tensor().reshape(-1) for _ in range(4)]
    mean, variance = statistics[2:]  # of training; the first two are of the last batch
    reader.integer(0)
    reader.integer(0)
    epsilon = [reader.real() for _ in range(5)][4]
    if len(mean) != len(gamma) or len(variance) != len(gamma) or not (variance + np.float32(epsilon) > 0).all():
        raise reader.fail(f"a normalization of {len(gamma)} channels has other statistics")
    scale = gamma / np.sqrt(variance.astype(np.float64) + epsilon)
    return NetworkLayer("affine", arrays={"scale": scale, "shift": beta - scale * mean})


def _scale_and_shift(reader: ValueReader) -> tuple[np.ndarray, np.ndarray]:
    values = reader.tensor().reshape(-1)
    channels = prod(_view(reader))
    if prod(_view(reader)) != channels or len(values) != 2 * channels:
        raise reader.fail(f"{len(values)} values for scale and shift of {channels} channels")
    return values[:channels].astype(np.float64), values[channels:].astype(np.float64)


def _pooling(kind: str, reader: ValueReader) -> NetworkLayer:
    values = tuple(reader.integer(*_SIDE) for _ in range(6))
    return NetworkLayer(kind, {"window": values[:2], "strides": values[2:4], "padding": values[4:]})


def _fully_connected(reader: ValueReader) -> NetworkLayer:
    units, inputs = reader.integer(*_SIDE), reader.integer(*_SIDE)
    weight = reader.tensor()
    _view(reader)
    _view(reader)
    reader.expect(1)  # no bias
    _skip_reals(reader, 4)
    if weight.size != inputs * units:
        raise reader.fail(f"{weight.size} values for {inputs} inputs and {units} units")
    return NetworkLayer("fc", arrays={"weight": weight.reshape(inputs, units)})


def _view(reader: ValueReader) -> tuple[int, ...]:
    """Reads the shape of a part of a tensor."""
    reader.expect(1)
    return tuple(reader.integer(*_SIDE) for _ in range(4))


def _skip_reals(reader: ValueReader, count: int) -> None:
    for _ in range(count):
        reader.real()


_READERS: Mapping[str, Callable[[ValueReader], NetworkLayer]] = {
    "con_4": _convolution,
    "affine_": _affine,
    "bn_con2": _batch_normalization,
    "relu_": lambda reader: NetworkLayer("relu"),
    "add_prev_": lambda reader: NetworkLayer("add_prev"),
    "max_pool_2": partial(_pooling, "max_pool"),
    "avg_pool_2": partial(_pooling, "avg_pool"),
    "fc_2": _fully_connected,
}
