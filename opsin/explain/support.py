"""Input positions that affect a unit, measured by a gradient in a twin of the network in which nothing cancels."""

import copy
from dataclasses import fields, replace
from typing import Any

import torch

from opsin.nn import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    Layer,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Sequential,
)
from opsin.nn.layers.activations import Activation
from opsin.nn.layers.advanced_activations import AdvancedActivation
from opsin.nn.windows import Box

_AVERAGE: dict[type[Layer], Any] = {
    MaxPooling1D: AveragePooling1D, MaxPooling2D: AveragePooling2D, MaxPooling3D: AveragePooling3D,
}  # fmt: skip


def positive_twin(network: Sequential) -> Sequential:
    """Returns a network with the same connections in which every path from the input to a unit adds to its gradient.

    Activations are linear, max pooling is average pooling, weights are positive and random.

    Args:
        network: The network; it is not changed.
    """
    layers = [_linear(layer) for layer in network.layers]
    twin = Sequential(layers, input_shape=network.input_shape, seed=0).double().eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, value in twin.state_dict().items():
            if value.is_floating_point():
                last = name.rsplit(".", 1)[-1]
                if last == "running_mean":
                    value.zero_()
                elif last == "running_var":
                    value.fill_(1)
                else:
                    scale = value[0].numel() if value.ndim > 1 else 1
                    value.copy_((torch.rand(value.shape, generator=generator, dtype=torch.double) + 0.5) / scale)
    return twin


def gradient_support(twin: Sequential, path: str, position: tuple[int, ...]) -> Box:
    """Returns the smallest box around all input positions with a gradient of a unit.

    Args:
        twin: Network that `positive_twin` returned.
        path: Path of a layer as the rows of a summary have it.
        position: Output position, one index for each spatial axis.

    Returns:
        First and last input position along each spatial axis; last < first if there is none.
    """
    *space, channels = twin.input_shape
    generator = torch.Generator().manual_seed(1)
    x = torch.rand((1, channels, *space), generator=generator, dtype=torch.double).add_(0.5).requires_grad_()
    output = twin.intermediate_outputs(x, [path])[path]
    weights = torch.rand(output.shape[1], generator=generator, dtype=torch.double) + 0.5
    (gradient,) = torch.autograd.grad((output[(0, slice(None), *position)] * weights).sum(), x)
    touched = gradient[0].abs().sum(0) > 0
    if not touched.any():
        return ((0, -1),) * touched.ndim
    box: list[tuple[int, int]] = []
    for axis in range(touched.ndim):
        others = tuple(other for other in range(touched.ndim) if other != axis)
        found = (touched.any(dim=others) if others else touched).nonzero()
        box.append((int(found[0]), int(found[-1])))
    return tuple(box)


def _linear(layer: Layer) -> Layer:
    """Returns a layer with linear activations and average pooling, also in the layers inside it."""
    if type(layer) in _AVERAGE:
        kind: Any = _AVERAGE[type(layer)]
        pool: Any = layer
        return kind(pool.pool_size, pool.strides, pool.padding, name=layer.name)
    if isinstance(layer, Activation | AdvancedActivation):
        return Activation("linear", name=layer.name)
    changed: dict[str, Any] = {}
    for field in fields(layer):
        value = getattr(layer, field.name)
        if field.name == "activation" and value is not None:
            changed[field.name] = "linear"
        elif isinstance(value, tuple):
            changed[field.name] = _inside(value)
    return replace(copy.copy(layer), **changed) if changed else layer


def _inside(value: tuple[Any, ...]) -> tuple[Any, ...]:
    """Returns a tuple in which layers, at any depth, are linear."""
    return tuple(
        _linear(item) if isinstance(item, Layer) else _inside(item) if isinstance(item, tuple) else item
        for item in value
    )
