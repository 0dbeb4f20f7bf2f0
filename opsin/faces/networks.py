"""The packaged networks in the layer language: an embedding of aligned faces and a face detector."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from opsin.core import ModelFileError
from opsin.nn import (
    Activation,
    AveragePooling2D,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    Residual,
    Sequential,
    ZeroPadding2D,
)

from .dlib_files import NetworkLayer

CHIP = 150
"""Height and width of an aligned face, in pixels."""
EMBEDDING = 128
"""Length of an embedding."""
_STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Filters, blocks, and True where the first block halves the size."""
_WIDEN = "widen"


def embedding_network(stored: Sequence[NetworkLayer], name: str) -> Sequential:
    """Builds the residual network of 29 convolutions that embeds aligned faces (King 2017, dlib.net).

    Args:
        stored: Layers of the file, from the input to the output.
        name: Name of the file, for messages.

    Returns:
        A network for (n, 3, CHIP, CHIP), pixels minus `input_mean`, divided by 256; the output has EMBEDDING values.

    Raises:
        ModelFileError: The file holds another network.
    """
    layers: list[Layer] = [Conv2D(32, 7, strides=2, activation="relu"), MaxPooling2D(3, strides=2)]
    size, channels = 35, 32
    for filters, blocks, halves in _STAGES:
        for block in range(blocks):
            down = halves and block == 0
            layers += [_block(filters, channels, size, down), Activation("relu")]
            size, channels = size // 2 if down else size, filters
    layers += [GlobalAveragePooling2D(), Dense(EMBEDDING, use_bias=False)]
    network = Sequential(layers, input_shape=(CHIP, CHIP, 3), seed=0, name="dlib_resnet")
    weights = _folded(stored)
    weights.append((stored[-1].arrays.get("weight", np.zeros(0)).T, None))
    _fill(network, weights, name)
    return network.eval()


def _block(filters: int, channels: int, size: int, down: bool) -> Residual:
    """Returns two convolutions and their shortcut; the smaller of the two sums is padded with zeros."""
    first = Conv2D(filters, 3, strides=2 if down else 1, padding="valid" if down else "same", activation="relu")
    body: list[Layer] = [first, Conv2D(filters, 3, padding="same")]
    if not down:
        return Residual(body)
    missing = size // 2 - ((size - 3) // 2 + 1)
    if missing:
        body.append(ZeroPadding2D(((0, missing), (0, missing))))
    widen = [Conv2D(filters, 1, use_bias=False, name=_WIDEN)] if filters != channels else []
    return Residual(body, [AveragePooling2D(2), *widen])


def detection_network(stored: Sequence[NetworkLayer], name: str) -> Sequential:
    """Builds the detector of seven convolutions that scores windows of 80 x 80 pixels (King 2016, dlib.net).

    Args:
        stored: Layers of the file, from the input to the output.
        name: Name of the file, for messages.

    Returns:
        A network for (n, 3, height, width), pixels minus `input_mean`, divided by 256; its output is a map of scores
        at an eighth of the size.

    Raises:
        ModelFileError: The file holds another network.
    """
    down = [Conv2D(filters, 5, strides=2, activation="relu") for filters in (16, 32, 32)]
    same = [Conv2D(45, 5, padding="same", activation="relu") for _ in range(3)]
    layers = [*down, *same, Conv2D(1, 9, padding="same")]
    network = Sequential(layers, input_shape=(160, 160, 3), seed=0, name="dlib_mmod")
    _fill(network, _folded(stored), name)
    return network.eval()


def input_mean(stored: Sequence[NetworkLayer]) -> tuple[float, float, float]:
    """Returns the mean of red, green and blue that the network subtracts from pixels of 0 to 255."""
    red, green, blue = stored[0].arrays["mean"].tolist()
    return red, green, blue


def _folded(stored: Sequence[NetworkLayer]) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Returns kernel and bias of each convolution, with the scale and shift of the layer after it."""
    weights: list[tuple[np.ndarray, np.ndarray | None]] = []
    for layer, after in zip(stored, [*stored[1:], None], strict=True):
        if layer.kind != "con":
            continue
        kernel, bias = layer.arrays["kernel"].astype(np.float64), layer.arrays["bias"].astype(np.float64)
        if after is not None and after.kind == "affine" and len(after.arrays["scale"]) == len(bias):
            scale = after.arrays["scale"]
            kernel, bias = kernel * scale[:, None, None, None], bias * scale + after.arrays["shift"]
        weights.append((kernel, bias))
    return weights


@torch.no_grad()
def _fill(network: Sequential, weights: Sequence[tuple[np.ndarray, np.ndarray | None]], name: str) -> None:
    """Copies weights into the convolutions and the dense layer, in order."""
    own = dict(network.named_parameters())
    modules = [key.removesuffix(".weight") for key in own if key.endswith(".weight")]
    for key in [key for key in modules if key.endswith(_WIDEN)]:
        kernel = own[f"{key}.weight"]
        kernel.copy_(torch.eye(*kernel.shape[:2])[:, :, None, None])
        modules.remove(key)
    if len(modules) != len(weights):
        raise _other(name, f"{len(weights)} layers with weights", str(len(modules)))
    for key, (weight, bias) in zip(modules, weights, strict=True):
        _copy(own[f"{key}.weight"], weight, name)
        if bias is not None:
            _copy(own[f"{key}.bias"], bias, name)


def _copy(target: Tensor, values: np.ndarray, name: str) -> None:
    if tuple(target.shape) != values.shape:
        raise _other(name, f"weights of shape {values.shape}", str(tuple(target.shape)))
    target.copy_(torch.from_numpy(np.ascontiguousarray(values)))
    if not target.isfinite().all():
        raise _other(name, "weights that are not finite", "finite float32")


def _other(name: str, found: str, expected: str) -> ModelFileError:
    return ModelFileError(
        f"{name} holds another network: {found}. Expected {expected}. Fix: install the package again."
    )
