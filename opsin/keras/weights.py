"""A module's weights as Keras has them: its order, its axes, its names."""

import math

import numpy as np
import torch
from torch import Tensor

from opsin import nn
from opsin.core import NetworkError
from opsin.nn.layers.advanced_activations import PReLUModule

_NORMALIZATIONS = (torch.nn.modules.batchnorm._BatchNorm, torch.nn.LayerNorm, torch.nn.GroupNorm)  # pyright: ignore[reportPrivateUsage]


def tensors(module: torch.nn.Module) -> list[tuple[torch.nn.Module, str, Tensor]]:
    """Every weight with the module that holds it and its name there, layer by layer, moving averages after the rest."""
    found: list[tuple[torch.nn.Module, str, Tensor]] = []
    for part in module.modules():
        own = {**dict(part.named_parameters(recurse=False)), **dict(part.named_buffers(recurse=False))}
        found += [(part, name, value) for name, value in own.items() if name != "num_batches_tracked"]
    return found


def to_keras(part: torch.nn.Module, value: Tensor) -> Tensor:
    """A view of the tensor with Keras's axes.

    >>> to_keras(torch.nn.Conv2d(3, 8, 5), torch.zeros(8, 3, 5, 5)).shape
    torch.Size([5, 5, 3, 8])
    """
    if isinstance(part, PReLUModule):
        return value.movedim(0, -1)
    if value.ndim == 2:
        return value.T
    if value.ndim < 3:
        return value
    value = value.movedim((0, 1), (-1, -2))
    if is_depthwise(part):  # (1, channels * multiplier) to (channels, multiplier)
        return value.reshape(*value.shape[:-2], int(part.groups), -1)  # pyright: ignore[reportArgumentType]
    return value


def from_keras(part: torch.nn.Module, value: Tensor) -> Tensor:
    """The tensor with torch's axes: what `to_keras` undoes."""
    if isinstance(part, PReLUModule):
        return value.movedim(-1, 0)
    if value.ndim == 2:
        return value.T
    if value.ndim < 3:
        return value
    if is_depthwise(part):
        value = value.reshape(*value.shape[:-2], 1, -1)
    return value.movedim((-1, -2), (0, 1))


def mark_depthwise(data: nn.Layer, module: torch.nn.Module) -> None:
    """Notes on the modules of depthwise convolutions what they are: Keras keeps their kernels with other axes.

    A torch convolution does not tell by itself: `Conv2D` with as many groups as channels looks the same.
    """
    if isinstance(data, nn.DepthwiseConv1D | nn.DepthwiseConv2D):
        module.is_depthwise = True  # pyright: ignore[reportArgumentType]
    elif isinstance(data, nn.SeparableConv1D | nn.SeparableConv2D):
        mark_depthwise(data.depthwise, module.get_submodule("depthwise"))
    elif isinstance(data, nn.Stage):
        for layer in data.layers:
            mark_depthwise(layer, module.get_submodule(str(layer.name)))


def is_depthwise(part: torch.nn.Module) -> bool:
    """Whether a convolution is depthwise: its kernels are (..., channels, multiplier) in Keras."""
    return bool(getattr(part, "is_depthwise", False))


def read(module: torch.nn.Module) -> list[np.ndarray]:
    """Copies of the weights as Keras's `get_weights` gives them."""
    with torch.no_grad():
        return [np.ascontiguousarray(to_keras(part, value).detach().cpu().numpy()).copy()
                for part, _, value in tensors(module)]  # fmt: skip


def write(label: str, module: torch.nn.Module, values: list[np.ndarray]) -> None:
    """Puts `read`'s arrays back; NetworkError, before anything changes, when number or shapes differ."""
    places = tensors(module)
    shapes = [tuple(to_keras(part, value).shape) for part, _, value in places]
    given = [tuple(np.shape(value)) for value in values]
    if shapes != given:
        where = next((i for i, (a, b) in enumerate(zip(shapes, given, strict=False)) if a != b), None)
        problem = (
            f"{len(given)} weights, expected {len(shapes)}"
            if where is None
            else f"weight {where} with shape {given[where]}, expected {shapes[where]}"
        )
        raise NetworkError(f"{label} got {problem}: give what get_weights of the same layers gave")
    with torch.no_grad():
        for (part, _, place), value in zip(places, values, strict=True):
            place.copy_(from_keras(part, torch.from_numpy(np.ascontiguousarray(value))))


def share(fresh: torch.nn.Module, old: torch.nn.Module) -> None:
    """Makes the weights of `old` those of `fresh`, which has the same parts: both then train the same numbers."""
    for name, value in [*old.named_parameters(), *old.named_buffers()]:
        path, _, leaf = name.rpartition(".")
        setattr(fresh.get_submodule(path), leaf, value)


def by_keras_name(module: torch.nn.Module) -> dict[str, Tensor]:
    """The trained weights by Keras's names: kernel, bias, depthwise, pointwise, gamma, beta, alpha."""
    found: dict[str, Tensor] = {}
    for path, part in module.named_modules():
        normalization = isinstance(part, _NORMALIZATIONS)
        for name, value in part.named_parameters(recurse=False):
            if name == "bias":
                found["beta" if normalization else "bias"] = value
            elif normalization:
                found["gamma"] = value
            elif isinstance(part, PReLUModule):
                found["alpha"] = value
            elif path in ("depthwise", "pointwise"):
                found[path] = value
            else:
                found["depthwise" if is_depthwise(part) else "kernel"] = value
    return found


def count(module: torch.nn.Module, *, trainable: bool) -> int:
    """How many numbers the weights hold that training changes, or those that it does not."""
    return sum(math.prod(value.shape) for _, _, value in tensors(module) if value.requires_grad is trainable)
