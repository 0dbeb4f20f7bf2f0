"""Composite layers: layers that contain chains of layers, so that any network graph is still data."""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from opsin.core import NetworkError, Shape

from .layer import Layer, numel, shape_text
from .layers.activations import ActivationModule
from .layers.convolution import Convolution
from .layers.depthwise import Depthwise
from .layers.normalization import BatchNormalization
from .naming import name_layers
from .receptive_field import IDENTITY, ReceptiveField, compose, union
from .validation import as_layers

MAX_VALUES = 2**34
"""Maximum number of output values of one layer for one input: 64 GiB of float32."""


def chain_shapes(layers: Iterable[Layer], input_shape: Shape) -> tuple[Shape, ...]:
    """Returns the input shape of each layer of a chain, followed by the output shape of the last one.

    Args:
        layers: Layers in order.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

    Returns:
        One shape per layer, plus the output shape.

    Raises:
        NetworkError: A layer cannot take its input shape, or its output has more than `MAX_VALUES` values.
    """
    shapes = [input_shape]
    for layer in layers:
        shapes.append(layer.output_shape(shapes[-1]))
        if (count := numel(shapes[-1])) > MAX_VALUES:
            raise layer.fail(
                f"has an output of {shape_text(shapes[-1])}, {count:,} values, for an input of "
                f"{shape_text(shapes[-2])}. Expected at most {MAX_VALUES:,}. Fix: reduce the input or the layer's size."
            )
    return tuple(shapes)


def failing_path(layers: Iterable[Layer], input_shape: Shape) -> str:
    """Returns the path of the innermost layer that cannot take its input.

    Args:
        layers: Layers in order.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

    Returns:
        The path as in summaries, such as stage1/residual/body/pool; "" if all shapes fit.
    """
    for layer in layers:
        try:
            *_, input_shape = chain_shapes((layer,), input_shape)
        except NetworkError:
            branches = layer.branches.items() if isinstance(layer, Composite) else ()
            inside = ((name, failing_path(branch, input_shape)) for name, branch in branches)
            paths = (f"{layer.name}/{name}/{path}" if name else f"{layer.name}/{path}" for name, path in inside if path)
            return next(paths, str(layer.name))
    return ""


def build_chain(layers: Sequence[Layer], input_shape: Shape) -> "OrderedDict[str, torch.nn.Module]":
    """Builds the modules of a chain.

    An activation works in place if no other module, nor the backward pass, reads the output of the layer before it.

    Args:
        layers: Named layers in order.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

    Returns:
        The modules by layer name, in order.
    """
    modules: OrderedDict[str, torch.nn.Module] = OrderedDict()
    before: Layer | None = None
    for layer, shape in zip(layers, chain_shapes(layers, input_shape), strict=False):
        module = layer.build(shape)
        if isinstance(module, ActivationModule):
            module.in_place = _output_is_unused(before)
        modules[str(layer.name)] = module
        before = layer
    return modules


def _output_is_unused(layer: Layer | None) -> bool:
    """Returns True if nothing, the backward pass included, reads the layer's output again."""
    return isinstance(layer, BatchNormalization | Residual) or (
        isinstance(layer, Convolution | Depthwise) and layer.activation is None
    )


class Composite(Layer):
    """Base class of layers that contain one or more chains of layers, all applied to the same input."""

    @property
    @abstractmethod
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        """Returns the chains by module name. An empty chain is the identity; the name "" is the module itself."""

    @property
    def window(self) -> ReceptiveField | None:
        chains = (reduce(compose, (layer.window for layer in branch), IDENTITY) for branch in self.branches.values())
        return reduce(union, chains)

    def parts(self, input_shape: Shape) -> tuple[tuple[Layer, Shape], ...]:
        """Returns the layers directly inside, each with its input shape.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            Pairs (layer, input shape).
        """
        return tuple(
            part
            for branch in self.branches.values()
            for part in zip(branch, chain_shapes(branch, input_shape), strict=False)
        )

    def multiply_adds(self, input_shape: Shape) -> int:
        return sum(layer.multiply_adds(shape) for layer, shape in self.parts(input_shape))

    def trainable_parameters(self, input_shape: Shape) -> int:
        return sum(layer.trainable_parameters(shape) for layer, shape in self.parts(input_shape))

    def fixed_parameters(self, input_shape: Shape) -> int:
        return sum(layer.fixed_parameters(shape) for layer, shape in self.parts(input_shape))


@dataclass(frozen=True, repr=False)
class Stage(Composite):
    """A named chain of layers.

    Args:
        layers: Layers in order.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> from opsin.nn import Dense
        >>> Stage([Dense(8), Dense(2)], name="head").output_shape((4,))
        (2,)
    """

    layers: Sequence[Layer]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", name_layers(as_layers(self, self.layers)))

    @property
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        return {"": tuple(self.layers)}

    def output_shape(self, input_shape: Shape) -> Shape:
        return chain_shapes(self.layers, input_shape)[-1]

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return torch.nn.Sequential(build_chain(self.layers, input_shape))


class ResidualModule(torch.nn.Module):
    """Computes `body(x) + shortcut(x)`."""

    def __init__(self, body: torch.nn.Sequential, shortcut: torch.nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


@dataclass(frozen=True, repr=False)
class Residual(Composite):
    """A residual connection: the output of `layers` plus the input (He et al., arXiv:1512.03385).

    Args:
        layers: Layers of the residual branch, in order.
        shortcut: Layers applied to the input before the addition. Default: none (identity).
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> from opsin.nn import Dense
        >>> Residual([Dense(4)]).output_shape((4,))
        (4,)
    """

    layers: Sequence[Layer]
    shortcut: Sequence[Layer] = ()

    def __post_init__(self) -> None:
        for field in ("layers", "shortcut"):
            object.__setattr__(self, field, name_layers(as_layers(self, getattr(self, field), field)))

    @property
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        return {"body": tuple(self.layers), "shortcut": tuple(self.shortcut)}

    def output_shape(self, input_shape: Shape) -> Shape:
        main, other = (chain_shapes(branch, input_shape)[-1] for branch in self.branches.values())
        if main != other:
            raise self.fail(
                f"cannot add {shape_text(main)} of its layers to {shape_text(other)} of its shortcut. Expected equal "
                "shapes. Fix: put a 1x1 Conv2D with the same filters and strides into the shortcut."
            )
        return main

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        body, shortcut = (torch.nn.Sequential(build_chain(branch, input_shape)) for branch in self.branches.values())
        return ResidualModule(body, shortcut)
