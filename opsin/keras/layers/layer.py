"""What a Keras layer is here: a layer of `opsin.nn` under Keras's argument list, and its weights once it is built."""

from dataclasses import fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch

from opsin import nn
from opsin.core import NetworkError, Shape

from .. import weights
from ..naming import auto_name
from ..regularizers import L1L2
from .arguments import SHARED, Arguments, bind, settle, signature

L = TypeVar("L", bound="Layer")


class Layer:
    """A layer as Keras spells it. `data` is the layer of `opsin.nn`, `module` the torch module once a model built it.

    >>> from opsin.keras.layers import Conv2D
    >>> Conv2D(32, (3, 3), activation="relu", name="stem").data
    Conv2D(name='stem', filters=32, kernel_size=(3, 3), strides=(1, 1), activation='relu', dilation_rate=(1, 1))
    """

    kind: ClassVar[type[nn.Layer]] = nn.Layer
    arguments: ClassVar[Arguments] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__signature__ = signature(cls.arguments)  # pyright: ignore[reportAttributeAccessIssue]

    def __init__(self, *given: Any, **named: Any) -> None:
        label = type(self).__name__
        values = bind(label, self.arguments, given, named)
        shared = {name: values.pop(name) for name in SHARED}
        values["dtype"] = shared["dtype"]
        taken, regularizers = self.settled(values)
        name = shared["name"] or auto_name(label)
        self._start(self.kind(**taken, name=name), given_shape(label, shared))
        self.regularizers: dict[str, L1L2] = {key: value for key, value in regularizers.items() if value is not None}
        self._trainable = bool(shared["trainable"])

    def _start(self, data: nn.Layer, input_shape: Shape | None = None) -> None:
        self.data = data
        self.input_shape_given = input_shape
        self.module: torch.nn.Module | None = None
        self.parts: list[Layer] = []  # of a model inside a model
        self.built_for: Shape | None = None
        self.regularizers = {}
        self._trainable = True

    @classmethod
    def settled(cls, values: Arguments) -> tuple[Arguments, Arguments]:
        """The arguments for `kind`, and the regularizers; NetworkError for a value that Opsin does not have."""
        return settle(cls.__name__, values, cls.arguments | SHARED, {field.name for field in fields(cls.kind)})

    @classmethod
    def of(cls: type[L], data: nn.Layer) -> L:
        """The Keras layer around one of `opsin.nn`."""
        layer = cls.__new__(cls)
        layer._start(data if data.name else replace(data, name=auto_name(type(data).__name__)))
        return layer

    @property
    def name(self) -> str:
        """What the layer is called in the model."""
        return str(self.data.name)

    @property
    def trainable(self) -> bool:
        """Whether training changes the weights; set to False to freeze them."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        if self.module is not None:
            self.module.requires_grad_(self._trainable)

    @property
    def built(self) -> bool:
        """Whether the layer has its weights."""
        return self.module is not None

    def join(self, module: torch.nn.Module, input_shape: Shape) -> None:
        """Makes `module` the layer's; weights that the layer already has for that shape go on in it."""
        weights.mark_depthwise(self.data, module)
        if self.module is not None and self.built_for == input_shape:
            weights.share(module, self.module)
        elif not self._trainable:
            module.requires_grad_(False)
        self.module, self.built_for = module, input_shape

    def get_weights(self) -> list[np.ndarray]:
        """The weights in Keras's order and axes (kernels: height, width, in, out); [] for a layer that has none yet."""
        return [] if self.module is None else weights.read(self.module)

    def set_weights(self, values: list[np.ndarray]) -> None:
        """Takes over what `get_weights` gave; NetworkError when number or shapes differ."""
        if self.module is None:
            raise NetworkError(f"{self.name} has no weights yet: give the model an input_shape, or call model.build")
        weights.write(self.name, self.module, values)

    def count_params(self) -> int:
        """How many numbers the layer's weights hold, moving averages included."""
        if self.built_for is None:
            raise NetworkError(f"{self.name} has no weights yet: give the model an input_shape, or call model.build")
        return self.data.trainable_parameters(self.built_for) + self.data.fixed_parameters(self.built_for)

    def penalty(self) -> torch.Tensor | None:
        """What the regularizers, those of a model inside included, add to the loss for what is trained."""
        terms = [term for term in (part.penalty() for part in self.parts) if term is not None]
        if self.module is not None:
            found = weights.by_keras_name(self.module) if self.regularizers else {}
            named = ((key.removesuffix("_regularizer"), value) for key, value in self.regularizers.items())
            trained = {name: weight for name, weight in found.items() if weight.requires_grad}
            terms += [value(trained[name]) for name, value in named if name in trained]
        return torch.stack(terms).sum() if terms else None

    def __getattr__(self, name: str) -> Any:
        data = self.__dict__.get("data")
        if data is not None and name in {field.name for field in fields(data)}:
            return getattr(data, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def given_shape(label: str, shared: Arguments) -> Shape | None:
    """The input shape that `input_shape`, `input_dim`, `batch_shape` or `batch_input_shape` says, without the batch."""
    batched = shared["batch_shape"] or shared["batch_input_shape"]
    shape = shared["input_shape"] if batched is None else tuple(batched)[1:]
    if shape is None and shared["input_dim"] is not None:
        shape = (shared["input_dim"],)
    return None if shape is None else checked_shape(label, shape)


def checked_shape(label: str, shape: Any) -> Shape:
    """The shape as a tuple; NetworkError unless it is known sizes such as (64, 64, 3)."""
    sizes = tuple(shape) if isinstance(shape, list | tuple | torch.Size) else (shape,)
    if not sizes or not all(isinstance(size, int | np.integer) and size > 0 for size in sizes):
        raise NetworkError(
            f"{label} got the input shape {shape!r}; expected known sizes such as (64, 64, 3): height, width, channels"
        )
    return tuple(int(size) for size in sizes)
