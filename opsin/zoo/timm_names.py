"""Names of the zoo's weights in files published by other libraries."""

import re
from collections.abc import Callable, Iterable, Mapping

from opsin.core import NetworkError

_LITE = {"stem": "_conv_stem", "stem_norm": "_bn0", "head": "_conv_head", "head_norm": "_bn1", "output": "_fc"}
_LITE_BLOCK = {
    "expand": "_expand_conv",
    "expand_norm": "_bn0",
    "depthwise": "_depthwise_conv",
    "depthwise_norm": "_bn1",
    "project": "_project_conv",
    "project_norm": "_bn2",
}
_RESNET = {"conv2d": "conv1", "batch_normalization": "bn1", "dense": "fc"}
_RESNET_BODY = {"conv2d": "conv", "batch_normalization": "bn"}
_RESNET_SHORTCUT = {"conv2d": "downsample.0", "batch_normalization": "downsample.1"}
_CONVNEXT = {"layer_normalization": "head.norm", "dense": "head.fc"}
_CONVNEXT_BLOCK = {
    "depthwise_conv2d": "conv_dw",
    "layer_normalization": "norm",
    "widened": "mlp.fc1",
    "narrowed": "mlp.fc2",
}


def published_names(name: str, keys: Iterable[str]) -> Mapping[str, str]:
    """Returns the published name of each weight.

    ResNets and ConvNeXts are named as in timm, efficientnet_lite0 as in lukemelas/EfficientNet-PyTorch.

    Args:
        name: Name of a network with a vector output.
        keys: Names of its weights, as in its state_dict.

    Raises:
        NetworkError: No published file is known for the network.

    Examples:
        >>> published_names("resnet18", ["stage2.block1.residual.body.conv2d_1.weight"])
        {'stage2.block1.residual.body.conv2d_1.weight': 'layer2.0.conv2.weight'}
    """
    keys = list(keys)
    layers = list(dict.fromkeys(key.rpartition(".")[0] for key in keys))
    published = dict(zip(layers, _naming(name)(layers), strict=True))
    return {key: _joined(published[key.rpartition(".")[0]], key.rpartition(".")[2]) for key in keys}


def _naming(name: str) -> Callable[[list[str]], list[str]]:
    if re.fullmatch(r"resnet\d+", name):
        return lambda layers: [_resnet(layer.split(".")) for layer in layers]
    if name.startswith("convnext"):
        return lambda layers: [_convnext(layer.split(".")) for layer in layers]
    if name == "efficientnet_lite0":
        return _lite
    raise NetworkError(
        f"network {name!r} has no published weights. Expected resnet18, resnet34, resnet50, convnext_... or "
        "efficientnet_lite0."
    )


def _joined(layer: str, kind: str) -> str:
    return layer if layer.endswith(".gamma") else f"{layer}.{kind}"


def _number(part: str) -> int:
    """Returns the number at the end of the name of a stage or block."""
    return int(re.sub(r"\D", "", part))


def _resnet(path: list[str]) -> str:
    if len(path) == 1:
        return _RESNET[path[0]]
    stage, block, _, side, layer = path
    kind, _, index = layer.rpartition("_") if layer[-1].isdigit() and "_" in layer else (layer, "", "0")
    within = _RESNET_SHORTCUT[kind] if side == "shortcut" else f"{_RESNET_BODY[kind]}{int(index) + 1}"
    return f"layer{_number(stage)}.{_number(block) - 1}.{within}"


def _convnext(path: list[str]) -> str:
    if len(path) == 1:
        return _CONVNEXT[path[0]]
    stage, layer = _number(path[0]) - 1, path[-1]
    if len(path) == 2:
        number = 1 if (layer == "halved") or (stage == 0 and layer == "layer_normalization") else 0
        return f"stem.{number}" if stage == 0 else f"stages.{stage}.downsample.{number}"
    within = f"stages.{stage}.blocks.{_number(path[1]) - 1}"
    return f"{within}.gamma" if layer == "layer_scale" else f"{within}.{_CONVNEXT_BLOCK[layer]}"


def _lite(layers: list[str]) -> list[str]:
    """Returns names for efficientnet_lite0, whose published blocks are numbered through all stages."""
    paths = [layer.split(".") for layer in layers]
    blocks = list(dict.fromkeys(tuple(path[:2]) for path in paths if len(path) > 1))
    return [
        f"_blocks.{blocks.index((path[0], path[1]))}.{_LITE_BLOCK[path[-1]]}" if len(path) > 1 else _LITE[path[0]]
        for path in paths
    ]
