"""Base class of the Keras layers: an `opsin.nn` layer with Keras's arguments, and its weights once it is built."""

import inspect
from dataclasses import fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch

from opsin import nn
from opsin.core import NetworkError, Shape

from .. import weights
from ..missing import CALL_FIX, LAYER_FIX, LAYER_HOOKS, refuse_attribute, refuse_hooks
from ..naming import auto_name
from ..regularizers import L1L2
from .arguments import SHARED, Arguments, bind, convert_arguments, signature
from .descriptions import describe

L = TypeVar("L", bound="Layer")


class Layer:
    """Base class of all layers.

    Attributes:
        data: The `opsin.nn` layer.
        module: The torch module, or None until a model builds the layer.
        regularizers: Regularizers by argument name.

    Examples:
        >>> from opsin.keras.layers import Conv2D
        >>> Conv2D(32, (3, 3), activation="relu", name="stem").data
        Conv2D(name='stem', filters=32, kernel_size=(3, 3), strides=(1, 1), activation='relu', dilation_rate=(1, 1))
    """

    kind: ClassVar[type[nn.Layer]] = nn.Layer
    arguments: ClassVar[Arguments] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        refuse_hooks(cls, LAYER_HOOKS, LAYER_FIX)
        form = signature(cls.arguments)
        cls.__signature__ = form  # pyright: ignore[reportAttributeAccessIssue]
        if "arguments" in vars(cls):
            lines = "".join(f"    {name}: {describe(cls.__name__, name)}\n" for name in form.parameters)
            cls.__doc__ = f"{inspect.cleandoc(cls.__doc__ or '')}\n\nArgs:\n{lines}"

    def __init__(self, *given: Any, **named: Any) -> None:
        label = type(self).__name__
        values = bind(label, self.arguments, given, named)
        shared = {name: values.pop(name) for name in SHARED}
        values["dtype"] = shared["dtype"]
        converted, regularizers = self.convert(values)
        name = shared["name"] or auto_name(label)
        self._set_data(self.kind(**converted, name=name), declared_shape(label, shared))
        self.regularizers: dict[str, L1L2] = {key: value for key, value in regularizers.items() if value is not None}
        self._trainable = bool(shared["trainable"])

    def _set_data(self, data: nn.Layer, input_shape: Shape | None = None) -> None:
        self.data = data
        self.declared_shape = input_shape
        self.module: torch.nn.Module | None = None
        self.sublayers: list[Layer] = []  # of a model inside a model
        self.built_shape: Shape | None = None
        self.regularizers = {}
        self._trainable = True

    @classmethod
    def convert(cls, values: Arguments) -> tuple[Arguments, Arguments]:
        """Returns the arguments of `kind`, and the regularizers. Raises NetworkError for an unsupported value."""
        return convert_arguments(
            cls.__name__, values, cls.arguments | SHARED, {field.name for field in fields(cls.kind)}
        )

    @classmethod
    def from_data(cls: type[L], data: nn.Layer) -> L:
        """Returns the Keras layer of an `opsin.nn` layer."""
        layer = cls.__new__(cls)
        layer._set_data(data if data.name else replace(data, name=auto_name(type(data).__name__)))
        return layer

    @property
    def name(self) -> str:
        """Name of the layer in the model."""
        return str(self.data.name)

    @property
    def trainable(self) -> bool:
        """True if training updates the weights. Set it to False to freeze the layer."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        if self.module is not None:
            self.module.requires_grad_(self._trainable)

    @property
    def built(self) -> bool:
        """True if the layer has its weights."""
        return self.module is not None

    def attach(self, module: torch.nn.Module, input_shape: Shape) -> None:
        """Sets the torch module of the layer. Existing weights are kept if they were built for the same input shape."""
        weights.mark_depthwise(self.data, module)
        if self.module is not None and self.built_shape == input_shape:
            weights.share(module, self.module)
        elif not self._trainable:
            module.requires_grad_(False)
        self.module, self.built_shape = module, input_shape

    def get_weights(self) -> list[np.ndarray]:
        """Returns copies of the weights in Keras's order and axes.

        Returns:
            Arrays such as a kernel (height, width, in, out); an empty list if the layer is not built.
        """
        return [] if self.module is None else weights.read(self.module)

    def set_weights(self, values: list[np.ndarray]) -> None:
        """Sets the weights.

        Args:
            values: Arrays as `get_weights` returns them.

        Raises:
            NetworkError: The layer is not built, or the number or a shape of the arrays differs.
        """
        if self.module is None:
            raise NetworkError(f"{self.name} has no weights. Fix: give the model an input_shape, or call model.build.")
        weights.write(self.name, self.module, values)

    def count_params(self) -> int:
        """Returns the number of weights, including moving averages."""
        if self.built_shape is None:
            raise NetworkError(f"{self.name} has no weights. Fix: give the model an input_shape, or call model.build.")
        return self.data.trainable_parameters(self.built_shape) + self.data.fixed_parameters(self.built_shape)

    def regularization_loss(self) -> torch.Tensor | None:
        """Returns the regularization loss of the trainable weights, including sublayers, or None."""
        terms = [term for term in (layer.regularization_loss() for layer in self.sublayers) if term is not None]
        if self.module is not None:
            named_weights = weights.by_keras_name(self.module) if self.regularizers else {}
            named = ((key.removesuffix("_regularizer"), value) for key, value in self.regularizers.items())
            trained = {name: weight for name, weight in named_weights.items() if weight.requires_grad}
            terms += [value(trained[name]) for name, value in named if name in trained]
        return torch.stack(terms).sum() if terms else None

    def __getattr__(self, name: str) -> Any:
        data = self.__dict__.get("data")
        if data is not None and name in {field.name for field in fields(data)}:
            return getattr(data, name)
        refuse_attribute(type(self).__name__, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """Refuses the functional API."""
        raise NetworkError(f"{self.name} is called, but opsin.keras has no functional API. Fix: {CALL_FIX}.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"


def declared_shape(label: str, shared: Arguments) -> Shape | None:
    """Returns the input shape without the batch axis, from whichever shape argument is given, or None."""
    batched = shared["batch_shape"] or shared["batch_input_shape"]
    shape = shared["input_shape"] if batched is None else tuple(batched)[1:]
    if shape is None and shared["input_dim"] is not None:
        shape = (shared["input_dim"],)
    return None if shape is None else check_shape(label, shape)


def check_shape(label: str, shape: Any) -> Shape:
    """Returns the shape as a tuple. Raises NetworkError unless all sizes are known, such as (64, 64, 3)."""
    sizes = tuple(shape) if isinstance(shape, list | tuple | torch.Size) else (shape,)
    if not sizes or not all(isinstance(size, int | np.integer) and size > 0 for size in sizes):
        raise NetworkError(
            f"{label} got the input shape {shape!r}. Expected (height, width, channels), such as (64, 64, 3)."
        )
    return tuple(int(size) for size in sizes)
