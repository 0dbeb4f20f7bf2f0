"""Layers made of layers, so that a network that is not a chain is still data."""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from opsin.core import NetworkError, Shape

from .chain import ChainModule
from .layer import Layer, numel, shape_text
from .layers.activations import ActivationModule
from .layers.convolution import Convolution
from .layers.depthwise import Depthwise
from .layers.normalization import BatchNormalization
from .naming import name_layers
from .receptive_field import IDENTITY, ReceptiveField, compose, union
from .validation import as_layers

MOST_VALUES = 2**34
"""The most numbers that one layer may make of one input: 64 GiB."""


def chain_shapes(layers: Iterable[Layer], input_shape: Shape) -> tuple[Shape, ...]:
    """The shape that goes into each layer of a chain, and at the end the one that comes out of the last."""
    shapes = [input_shape]
    for layer in layers:
        shapes.append(layer.output_shape(shapes[-1]))
        if (count := numel(shapes[-1])) > MOST_VALUES:
            raise layer.fail(
                f"would make {shape_text(shapes[-1])}, {count:,} numbers, of one input of {shape_text(shapes[-2])}; "
                f"expected at most {MOST_VALUES:,}: make the input or what it adds smaller"
            )
    return tuple(shapes)


def where_it_fails(layers: Iterable[Layer], input_shape: Shape) -> str:
    """The path of the innermost layer that cannot take its input, as a summary writes it; "" when all can."""
    for layer in layers:
        try:
            *_, input_shape = chain_shapes((layer,), input_shape)
        except NetworkError:
            branches = layer.branches.items() if isinstance(layer, Composite) else ()
            inside = ((name, where_it_fails(branch, input_shape)) for name, branch in branches)
            paths = (f"{layer.name}/{name}/{path}" if name else f"{layer.name}/{path}" for name, path in inside if path)
            return next(paths, str(layer.name))
    return ""


def build_chain(layers: Sequence[Layer], input_shape: Shape) -> "OrderedDict[str, torch.nn.Module]":
    """A module per layer by name, in order; an activation works in place where the layer before leaves it free to."""
    modules: OrderedDict[str, torch.nn.Module] = OrderedDict()
    before: Layer | None = None
    for layer, shape in zip(layers, chain_shapes(layers, input_shape), strict=False):
        module = layer.build(shape)
        if isinstance(module, ActivationModule):
            module.in_place = _leaves_output_free(before)
        modules[str(layer.name)] = module
        before = layer
    return modules


def _leaves_output_free(layer: Layer | None) -> bool:
    """Whether nobody, the backward pass included, reads the layer's output again."""
    return isinstance(layer, BatchNormalization | Residual) or (
        isinstance(layer, Convolution | Depthwise) and layer.activation is None
    )


class Composite(Layer):
    """A layer made of one or more chains that all start from its input."""

    @property
    @abstractmethod
    def branches(self) -> dict[str, tuple[Layer, ...]]:
        """The chains by what their modules are called; an empty chain hands the input on, "" is the module itself."""

    @property
    def window(self) -> ReceptiveField | None:
        chains = (reduce(compose, (layer.window for layer in branch), IDENTITY) for branch in self.branches.values())
        return reduce(union, chains)

    def parts(self, input_shape: Shape) -> tuple[tuple[Layer, Shape], ...]:
        """Every layer directly inside, with the shape that goes into it."""
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
    """A chain of layers under one name.

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
        return ChainModule(build_chain(self.layers, input_shape))


class ResidualModule(torch.nn.Module):
    """`body(x) + shortcut(x)`."""

    def __init__(self, body: torch.nn.Sequential, shortcut: torch.nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) + self.shortcut(x)


@dataclass(frozen=True, repr=False)
class Residual(Composite):
    """What the layers make of the input, plus the input itself (or what the layers of `shortcut` make of it).

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
                f"cannot add {shape_text(main)} of its layers to {shape_text(other)} of its shortcut: give the "
                "shortcut a 1x1 Conv2D with the same filters and strides"
            )
        return main

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        body, shortcut = (ChainModule(build_chain(branch, input_shape)) for branch in self.branches.values())
        return ResidualModule(body, shortcut)
