"""Every architecture by its name."""

from collections.abc import Callable
from typing import TypeAlias

from opsin.core import NetworkError, Shape
from opsin.nn import Layer, Sequential

from .classic import lenet, simple
from .convnext import convnext_atto, convnext_base, convnext_small, convnext_tiny
from .detector import detector
from .efficientnet import efficientnet_lite0
from .encoder import split_into_stages
from .resnet import resnet18, resnet34, resnet50
from .resnet_small import resnet_small, resnet_tiny, resnet_tiny_average
from .unet import small_levels, unet

Architecture: TypeAlias = Callable[[Shape, int, str | None], list[Layer]]

_ARCHITECTURES: dict[str, Architecture] = {
    "simple": simple,
    "resnet_tiny": resnet_tiny,
    "resnet_tiny_average": resnet_tiny_average,
    "resnet_small": resnet_small,
    "resnet18": resnet18,
    "resnet34": resnet34,
    "resnet50": resnet50,
    "lenet": lenet,
    "efficientnet_lite0": efficientnet_lite0,
    "convnext_atto": convnext_atto,
    "convnext_tiny": convnext_tiny,
    "convnext_small": convnext_small,
    "convnext_base": convnext_base,
}

_WITHOUT_LEVELS = ("simple", "lenet", "resnet_tiny_average")
"""Networks of few layers, which are no encoders."""


def names() -> tuple[str, ...]:
    """The architectures that `create` knows."""
    return tuple(_ARCHITECTURES)


def unet_names() -> tuple[str, ...]:
    """The networks that `create_map` knows: U-Nets."""
    return ("unet_small", *(f"unet_{name}" for name in _ARCHITECTURES if name not in _WITHOUT_LEVELS))


def detector_names() -> tuple[str, ...]:
    """The networks that `create_grid` knows: detectors."""
    return ("detector_small", *(f"detector_{name}" for name in _ARCHITECTURES if name not in _WITHOUT_LEVELS))


def create_unet(name: str, input_shape: Shape, units: int, seed: int | None = None) -> Sequential:
    """The U-Net called `name` for images of (height, width, channels), with `units` outputs for each pixel.

    A name of `names()` is taken as its encoder. Raises NetworkError for an unknown name, or too small images.

    Examples:
        >>> create_unet("unet_small", (37, 50, 3), units=2, seed=0).output_shape
        (37, 50, 2)
    """
    full = _full_name(name, "unet", unet_names())
    levels = _levels(full.removeprefix("unet_"), input_shape)
    return Sequential(unet(levels, input_shape, units), input_shape=input_shape, seed=seed, name=full)


def create_detector(name: str, input_shape: Shape, units: int, seed: int | None = None) -> Sequential:
    """The detector called `name` for images of (height, width, channels), with `units` outputs for each 4x4 pixels.

    A name of `names()` is taken as its backbone. Raises NetworkError for an unknown name, or too small images.

    Examples:
        >>> create_detector("detector_small", (96, 130, 3), units=6, seed=0).output_shape
        (24, 33, 6)
    """
    full = _full_name(name, "detector", detector_names())
    levels = _levels(full.removeprefix("detector_"), input_shape)
    return Sequential(detector(levels, input_shape, units), input_shape=input_shape, seed=seed, name=full)


def _full_name(name: str, kind: str, known: tuple[str, ...]) -> str:
    full = name if name in known else f"{kind}_{name}"
    if full not in known:
        raise NetworkError(f"no {kind} is called {name!r}; expected one of {', '.join(known)}")
    return full


def _levels(name: str, input_shape: Shape) -> list[list[Layer]]:
    if name == "small":
        return small_levels(input_shape)
    return split_into_stages(_ARCHITECTURES[name](input_shape, 1, None), input_shape)


def create(
    name: str, input_shape: Shape, units: int, activation: str | None = "softmax", seed: int | None = None
) -> Sequential:
    """The network called `name` for images of (height, width, channels), with `units` outputs.

    Raises NetworkError for an unknown name, or when the images are too small for the network.

    Examples:
        >>> create("simple", (64, 64, 3), units=10, seed=0).output_shape
        (10,)
    """
    architecture = _ARCHITECTURES.get(name)
    if architecture is None:
        raise NetworkError(f"no architecture is called {name!r}; expected one of {', '.join(names())}")
    return Sequential(architecture(input_shape, units, activation), input_shape=input_shape, seed=seed, name=name)
