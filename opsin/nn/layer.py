"""Base class of layers: a description that is printed, compared, saved and analysed without running a network."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from math import prod
from typing import Any, Protocol, TypeAlias, cast

import torch

from opsin.core import NetworkError, Shape

from .receptive_field import IDENTITY, ReceptiveField

Json: TypeAlias = dict[str, Any]

AXES = {1: "(steps, channels)", 2: "(height, width, channels)", 3: "(depth, height, width, channels)"}


@dataclass(frozen=True, repr=False)
class Layer(ABC):
    """One layer as data: a frozen dataclass.

    Shapes are channels last without the batch axis: (height, width, channels). Tensors of the built module are channels
    first: (batch, channels, height, width).

    Args:
        name: Name of the layer, unique among its siblings. Default: derived from the class, such as conv2d_1.
    """

    name: str | None = field(default=None, kw_only=True)

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """Returns the output shape.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            The output shape without the batch axis, channels last.

        Raises:
            NetworkError: The layer cannot take this input shape. The message names the layer, the shape and the fix.
        """

    @abstractmethod
    def build(self, input_shape: Shape) -> torch.nn.Module:
        """Builds the torch module, with weights drawn from torch's global generator, in channels_last memory.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            A new module for tensors (batch, channels, ...).

        Raises:
            NetworkError: The layer cannot take this input shape.
        """

    @property
    def window(self) -> ReceptiveField | None:
        """Returns the receptive field of one output position, or None for the whole input."""
        return IDENTITY

    def multiply_adds(self, input_shape: Shape) -> int:
        """Returns the number of multiply-add operations with weights for one input.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            The number of operations; 0 for a layer without weights.
        """
        return 0

    def trainable_parameters(self, input_shape: Shape) -> int:
        """Returns the number of trainable parameters.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            The number of values that the optimizer updates.
        """
        return 0

    def fixed_parameters(self, input_shape: Shape) -> int:
        """Returns the number of non-trainable parameters, such as moving averages.

        Args:
            input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).

        Returns:
            The number of saved values that the optimizer does not update.
        """
        return 0

    def to_json(self) -> Json:
        """Returns the type and all fields as JSON values. `layer_from_json` restores an equal layer.

        Returns:
            A dictionary with the keys `type` and one per field.

        Examples:
            >>> from opsin.nn import Dense
            >>> Dense(3).to_json()["units"]
            3
        """
        values = {f.name: _to_json_value(getattr(self, f.name)) for f in fields(self)}
        return {"type": type(self).__name__, **values}

    @property
    def label(self) -> str:
        """Returns the type and the name if it is set: `Conv2D 'stem'`."""
        return type(self).__name__ + (f" {short_repr(self.name)}" if self.name else "")

    def fail(self, problem: str) -> NetworkError:
        """Returns an error whose message starts with the layer's label. The caller raises it.

        Args:
            problem: The problem, the expected value and the fix, as sentences that follow the label.

        Returns:
            The error.
        """
        return NetworkError(f"{self.label} {problem}")

    def __repr__(self) -> str:
        shown = (f for f in fields(self) if getattr(self, f.name) != f.default or f.default is MISSING)
        return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"


def check_rank(layer: Layer, input_shape: Shape, rank: int) -> None:
    """Checks that an input shape has the expected number of spatial axes.

    Args:
        layer: The layer, for the message.
        input_shape: Input shape without the batch axis, channels last, such as (height, width, channels).
        rank: Expected number of spatial axes, without channels: 1, 2 or 3.

    Raises:
        NetworkError: The shape has another number of axes.
    """
    axes = len(input_shape) - 1
    if axes == rank:
        return
    other = re.sub(r"\d(?=D)", str(axes), type(layer).__name__)
    fixes = [f"use {other}"] if other in _layer_names() else []
    if axes == 0:
        fixes = ["place it before Flatten or global pooling, or add a Reshape before it"]
    elif axes == rank - 1:
        fixes.append(f"add the channels to the shape, {shape_text((*input_shape, 1))} for one channel")
    elif axes == rank + 1:
        fixes.append(f"omit the batch size, {shape_text(input_shape[1:])}")
    fix = " or ".join(fixes) or f"add a Reshape to {rank + 1} sizes before it"
    raise layer.fail(f"got an input of shape {shape_text(input_shape)}. Expected {AXES[rank]}. Fix: {fix}.")


def _layer_names() -> set[str]:
    """Returns the names of all layer classes."""
    kinds, names = [Layer], set[str]()
    while kinds:
        kinds += (found := kinds.pop().__subclasses__())
        names |= {kind.__name__ for kind in found}
    return names


def short_repr(value: object, max_length: int = 80) -> str:
    """Returns the `repr` of any value in one line, cut to a maximum length.

    Args:
        value: Any value, also one whose `repr` raises.
        max_length: Maximum number of characters.

    Returns:
        The text, ending in … where it was cut.
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # very long integers, deeply nested lists, objects with a broken __repr__
        text = f"a {type(value).__name__} too large to show"
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


def shape_text(shape: Sequence[int]) -> str:
    """Returns a shape as text: 64x64x3.

    Args:
        shape: Sizes; may be empty.

    Returns:
        The sizes joined by x, or "a scalar" for an empty shape.
    """
    return "x".join(map(str, shape)) or "a scalar"


def numel(shape: Sequence[int]) -> int:
    """Returns the number of values in an array of the axes shape.

    Args:
        shape: Sizes.

    Returns:
        The product of the sizes.
    """
    return prod(shape)


def _to_json_value(value: object) -> object:
    if isinstance(value, Layer):
        return value.to_json()
    if isinstance(value, tuple):
        return [_to_json_value(item) for item in cast("tuple[object, ...]", value)]
    return value


class Layered(Protocol):
    """Attributes of a network that a view reads: its layers and its input shape."""

    name: str
    layers: tuple[Layer, ...]
    input_shape: Shape
    output_shape: Shape
