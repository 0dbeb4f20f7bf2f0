"""What a layer is: a description that can be printed, compared, saved and analysed without running."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields
from math import prod
from typing import Any, TypeAlias, cast

import torch

from opsin.core import NetworkError, Shape

from .receptive_field import IDENTITY, ReceptiveField

Json: TypeAlias = dict[str, Any]

AXES = {1: "(steps, channels)", 2: "(height, width, channels)", 3: "(depth, height, width, channels)"}


@dataclass(frozen=True, repr=False)
class Layer(ABC):
    """One layer as data. Shapes are (height, width, channels) without the batch; its module takes and gives NCHW."""

    name: str | None = field(default=None, kw_only=True)

    @abstractmethod
    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape that comes out; NetworkError, naming layer, shape and mend, when the layer cannot take it."""

    @abstractmethod
    def build(self, input_shape: Shape) -> torch.nn.Module:
        """A new module with freshly drawn weights (from torch's global stream), in channels_last memory."""

    @property
    def window(self) -> ReceptiveField | None:
        """What one output position looks at in the input; None when it is the whole input."""
        return IDENTITY

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications (each with its addition) that one input costs in products with weights."""
        return 0

    def trainable_parameters(self, input_shape: Shape) -> int:
        """How many numbers training changes."""
        return 0

    def fixed_parameters(self, input_shape: Shape) -> int:
        """How many saved numbers training does not change by gradient, such as moving averages."""
        return 0

    def to_json(self) -> Json:
        """Every field and the type, in plain JSON values; `layer_from_json` gives an equal layer back.

        >>> from opsin.nn import Dense
        >>> Dense(3).to_json()["units"]
        3
        """
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"type": type(self).__name__, **values}

    @property
    def label(self) -> str:
        """The type and, where there is one, the name: `Conv2D 'stem'`."""
        return type(self).__name__ + (f" {short_repr(self.name)}" if self.name else "")

    def fail(self, problem: str) -> NetworkError:
        """The error to raise: the layer's label, then what is wrong and how to mend it."""
        return NetworkError(f"{self.label} {problem}")

    def __repr__(self) -> str:
        shown = (f for f in fields(self) if getattr(self, f.name) != f.default or f.default is MISSING)
        return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in shown)})"


def check_rank(layer: Layer, input_shape: Shape, rank: int) -> None:
    """Raises NetworkError unless `input_shape` has `rank` spatial axes and then channels."""
    given = len(input_shape) - 1
    if given == rank:
        return
    other = re.sub(r"\d(?=D)", str(given), type(layer).__name__)
    mends = [f"use {other}"] if other in _names_of_layers() else []
    if given == 0:
        mends = ["put it before Flatten or global pooling, or put a Reshape before it"]
    elif given == rank - 1:
        mends.append(f"give the channels too, {shape_text((*input_shape, 1))} for one")
    elif given == rank + 1:
        mends.append(f"leave a batch's size out, {shape_text(input_shape[1:])}")
    mend = " or ".join(mends) or f"put a Reshape to {rank + 1} sizes before it"
    raise layer.fail(f"needs an input of {AXES[rank]}, got {shape_text(input_shape)}: {mend}")


def _names_of_layers() -> set[str]:
    """What every layer that can be written is called."""
    kinds, names = [Layer], set[str]()
    while kinds:
        kinds += (found := kinds.pop().__subclasses__())
        names |= {kind.__name__ for kind in found}
    return names


def short_repr(value: object, most: int = 80) -> str:
    """A value in one short line for a message, whatever it is."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # numbers of thousands of digits, lists thousands deep, foreign objects
        text = f"a {type(value).__name__} too large to show"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def shape_text(shape: Sequence[int]) -> str:
    """A shape as people write it: 64x64x3."""
    return "x".join(map(str, shape)) or "a single number"


def numel(shape: Sequence[int]) -> int:
    """How many numbers an array of that shape holds."""
    return prod(shape)


def _plain(value: object) -> object:
    if isinstance(value, Layer):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[object, ...]", value)]
    return value
