"""Every architecture by its name."""

from collections.abc import Callable
from typing import TypeAlias

from opsin.core import NetworkError, Shape
from opsin.nn import Layer, Sequential

from .convnext import convnext_atto, convnext_base, convnext_small, convnext_tiny
from .efficientnet import efficientnet_lite0
from .lenet import lenet
from .resnet import resnet18, resnet34, resnet50
from .resnet_small import resnet_small, resnet_tiny, resnet_tiny_average
from .simple import simple

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


def names() -> tuple[str, ...]:
    """The architectures that `create` knows."""
    return tuple(_ARCHITECTURES)


def create(
    name: str, input_shape: Shape, units: int, activation: str | None = "softmax", seed: int | None = None
) -> Sequential:
    """The network called `name` for images of (height, width, channels), with `units` outputs.

    Raises NetworkError for an unknown name, or when the images are too small for the network.

    >>> create("simple", (64, 64, 3), units=10, seed=0).output_shape
    (10,)
    """
    architecture = _ARCHITECTURES.get(name)
    if architecture is None:
        raise NetworkError(f"no architecture is called {name!r}; expected one of {', '.join(names())}")
    return Sequential(architecture(input_shape, units, activation), input_shape=input_shape, seed=seed, name=name)
