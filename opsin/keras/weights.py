"""Weights of a torch module in Keras's order, with Keras's axes and names."""

import math

import numpy as np
import torch
from torch import Tensor

from opsin import nn
from opsin.core import NetworkError
from opsin.nn.layers.advanced_activations import PReLUModule

_NORMALIZATIONS = (torch.nn.modules.batchnorm._BatchNorm, torch.nn.LayerNorm, torch.nn.GroupNorm)  # pyright: ignore[reportPrivateUsage]


def tensors(module: torch.nn.Module) -> list[tuple[torch.nn.Module, str, Tensor]]:
    """Returns (module, name, tensor) of every weight, in the order of the layers; moving averages come last."""
    found: list[tuple[torch.nn.Module, str, Tensor]] = []
    for submodule in module.modules():
        own = {**dict(submodule.named_parameters(recurse=False)), **dict(submodule.named_buffers(recurse=False))}
        found += [(submodule, name, value) for name, value in own.items() if name != "num_batches_tracked"]
    return found


def to_keras(part: torch.nn.Module, value: Tensor) -> Tensor:
    """Returns a view of a tensor with Keras's axes.

    Examples:
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
    """Returns a tensor with torch's axes; the inverse of `to_keras`."""
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
    """Marks the modules of depthwise convolutions, whose kernels have different axes in Keras.

    The mark is necessary because a `Conv2D` with one group per channel is the same torch module.
    """
    if isinstance(data, nn.DepthwiseConv1D | nn.DepthwiseConv2D):
        module.is_depthwise = True  # pyright: ignore[reportArgumentType]
    elif isinstance(data, nn.SeparableConv1D | nn.SeparableConv2D):
        mark_depthwise(data.depthwise, module.get_submodule("depthwise"))
    elif isinstance(data, nn.Stage):
        for layer in data.layers:
            mark_depthwise(layer, module.get_submodule(str(layer.name)))


def is_depthwise(part: torch.nn.Module) -> bool:
    """Returns True for a depthwise convolution; its kernels are (..., channels, multiplier) in Keras."""
    return bool(getattr(part, "is_depthwise", False))


def read(module: torch.nn.Module) -> list[np.ndarray]:
    """Returns copies of the weights, as Keras's `get_weights` does."""
    with torch.no_grad():
        return [np.ascontiguousarray(to_keras(part, value).detach().cpu().numpy()).copy()
                for part, _, value in tensors(module)]  # fmt: skip


def write(label: str, module: torch.nn.Module, values: list[np.ndarray]) -> None:
    """Sets the weights from arrays of `read`. Raises NetworkError, before any change, if a shape differs."""
    targets = tensors(module)
    shapes = [tuple(to_keras(part, value).shape) for part, _, value in targets]
    given = [tuple(np.shape(value)) for value in values]
    if shapes != given:
        index = next((i for i, (a, b) in enumerate(zip(shapes, given, strict=False)) if a != b), None)
        problem = (
            f"{len(given)} weights. Expected {len(shapes)}"
            if index is None
            else f"weight {index} of shape {given[index]}. Expected {shapes[index]}"
        )
        raise NetworkError(f"{label} got {problem}. Fix: use get_weights of the same layers.")
    with torch.no_grad():
        for (part, _, target), value in zip(targets, values, strict=True):
            target.copy_(from_keras(part, torch.from_numpy(np.ascontiguousarray(value))))


def share(fresh: torch.nn.Module, old: torch.nn.Module) -> None:
    """Replaces the weights of `fresh` by those of `old`, a module of the same structure; both then share them."""
    for name, value in [*old.named_parameters(), *old.named_buffers()]:
        path, _, leaf = name.rpartition(".")
        setattr(fresh.get_submodule(path), leaf, value)


def by_keras_name(module: torch.nn.Module) -> dict[str, Tensor]:
    """Returns the parameters by Keras's names: kernel, bias, depthwise, pointwise, gamma, beta, alpha."""
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
    """Returns the number of trainable, or of non-trainable, weights."""
    return sum(math.prod(value.shape) for _, _, value in tensors(module) if value.requires_grad is trainable)
