"""Every architecture by its name."""

from collections.abc import Mapping

from opsin.core import Layout, NetworkError, OutputSpec, Shape, did_you_mean
from opsin.nn import Sequential

from .architecture import DENSE_HEADS, Architecture
from .classic import LENET, SIMPLE
from .convnext import CONVNEXT_ATTO, CONVNEXT_BASE, CONVNEXT_SMALL, CONVNEXT_TINY
from .efficientnet import EFFICIENTNET_LITE0
from .resnet import RESNET18, RESNET34, RESNET50
from .resnet_small import RESNET_SMALL, RESNET_TINY, RESNET_TINY_AVERAGE
from .unet import small_encoder
from .unet_full import full_encoder, full_map

VECTOR = OutputSpec("vector", ranks=(2, 3))

_ARCHITECTURES: Mapping[str, Architecture] = {
    "small": Architecture(small_encoder, DENSE_HEADS, ranks=(2, 3)),
    "full": Architecture(full_encoder, {"map": full_map}, ranks=(2, 3)),
    "simple": SIMPLE,
    "resnet_tiny": RESNET_TINY,
    "resnet_tiny_average": RESNET_TINY_AVERAGE,
    "resnet_small": RESNET_SMALL,
    "resnet18": RESNET18,
    "resnet34": RESNET34,
    "resnet50": RESNET50,
    "lenet": LENET,
    "efficientnet_lite0": EFFICIENTNET_LITE0,
    "convnext_atto": CONVNEXT_ATTO,
    "convnext_tiny": CONVNEXT_TINY,
    "convnext_small": CONVNEXT_SMALL,
    "convnext_base": CONVNEXT_BASE,
}
_PREFIXES: Mapping[Layout, str] = {"vector": "", "embedding": "", "map": "unet_", "grid": "detector_"}
_ENCODERS: Mapping[Layout, Mapping[str, str]] = {
    layout: {f"{prefix}{name}": name for name, architecture in _ARCHITECTURES.items() if layout in architecture.heads}
    for layout, prefix in _PREFIXES.items()
}
"""Encoder of each network, by layout and by the network's name."""
_NETWORKS: Mapping[Layout, Mapping[str, str]] = {
    layout: {encoder: network for network, encoder in encoders.items()} for layout, encoders in _ENCODERS.items()
}
"""Network around each encoder, by layout and by the encoder's name."""


def names(layout: Layout = "vector") -> tuple[str, ...]:
    """Returns the names of the networks with an output of this layout.

    Args:
        layout: "vector", "embedding", "map" (U-Nets) or "grid" (detectors).

    Examples:
        >>> names("map")[:2]
        ('unet_small', 'unet_full')
    """
    return tuple(_ENCODERS[layout])


def encoder_name(name: str, layout: Layout = "vector") -> str:
    """Returns the name of a network's encoder.

    Args:
        name: A name of `names(layout)`, or that of its encoder.
        layout: Layout of the output.

    Raises:
        NetworkError: No network of this layout has the name.

    Examples:
        >>> encoder_name("unet_resnet18", "map"), encoder_name("resnet18", "map")
        ('resnet18', 'resnet18')
    """
    encoders = _ENCODERS[layout]
    found = encoders.get(name) or (name if name in _NETWORKS[layout] else None)
    if found is None:
        raise NetworkError(
            f"network {name!r} is unknown for the output {layout!r}.{did_you_mean(name, encoders)} "
            f"Expected one of {', '.join(encoders)}."
        )
    return found


def create(
    name: str,
    input_shape: Shape,
    units: int,
    *,
    output: OutputSpec = VECTOR,
    activation: str | None = "softmax",
    seed: int | None = None,
) -> Sequential:
    """Returns a network with random weights.

    Args:
        name: A name of `names(output.layout)`, or that of its encoder.
        input_shape: (height, width, channels), or (depth, height, width, channels) for networks that take volumes.
        units: Outputs of the last layer: a sample, a pixel (layout "map") or a cell of 4x4 pixels (layout "grid").
        output: Layout of the output: "vector" and "embedding" end in a dense layer, "map" in a U-Net's decoder, "grid"
            in a detector.
        activation: Activation of the last layer for the layout "vector"; other layouts are linear.
        seed: Seed of the weights; None draws it from torch's global generator.

    Raises:
        NetworkError: The name is unknown, or the network does not take inputs of this shape.

    Examples:
        >>> create("simple", (64, 64, 3), units=10, seed=0).output_shape
        (10,)
        >>> create("unet_small", (37, 50, 3), units=2, output=OutputSpec("map"), seed=0).output_shape
        (37, 50, 2)
        >>> create("detector_small", (96, 130, 3), units=6, output=OutputSpec("grid"), seed=0).output_shape
        (24, 33, 6)
    """
    encoder = encoder_name(name, output.layout)
    full, architecture = _NETWORKS[output.layout][encoder], _ARCHITECTURES[encoder]
    _check_rank(full, input_shape, architecture, output)
    layers = architecture.build(output.layout, input_shape, units, activation)
    return Sequential(layers, input_shape=input_shape, seed=seed, name=full)


def _check_rank(name: str, input_shape: Shape, architecture: Architecture, output: OutputSpec) -> None:
    forms = {2: "(height, width, channels)", 3: "(depth, height, width, channels)"}
    ranks = [rank for rank in architecture.ranks if rank in output.ranks]
    if len(input_shape) - 1 not in ranks:
        expected = " or ".join(forms[rank] for rank in ranks) or "another network, since its ranks do not fit"
        raise NetworkError(f"{name} does not take inputs of shape {input_shape}. Expected {expected}.")
