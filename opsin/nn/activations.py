"""Activation functions by Keras's names, and the layer that applies one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape

from .arguments import settle_choice
from .layer import Layer

Function: TypeAlias = Callable[[Tensor], Tensor]


def _linear(x: Tensor) -> Tensor:
    return x


def _softmax(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=1)


FUNCTIONS: dict[str, Function] = {
    "linear": _linear,
    "relu": F.relu,
    "relu6": F.relu6,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "swish": F.silu,
    "sigmoid": torch.sigmoid,
    "softmax": _softmax,
    "softplus": F.softplus,
    "tanh": torch.tanh,
}
_IN_PLACE: dict[str, Function] = {"relu": F.relu_, "relu6": lambda x: F.relu6(x, inplace=True)}


def settle_activation(layer: Layer, field: str = "activation") -> None:
    """The field must name an activation function, or be None."""
    settle_choice(layer, field, (None, *FUNCTIONS))


def function(name: str | None, *, in_place: bool = False) -> Function:
    """The function called `name` on tensors with channels on axis 1; `in_place` where it has such a form."""
    name = name or "linear"
    return _IN_PLACE.get(name, FUNCTIONS[name]) if in_place else FUNCTIONS[name]


class ActivationModule(torch.nn.Module):
    """Applies one function; in place where what comes in is nobody else's."""

    def __init__(self, activation: str) -> None:
        super().__init__()
        self.activation = activation
        self.in_place = False

    def forward(self, x: Tensor) -> Tensor:
        return function(self.activation, in_place=self.in_place)(x)

    def extra_repr(self) -> str:
        return self.activation


@dataclass(frozen=True, repr=False)
class Activation(Layer):
    """A function of each number (softmax: of each position's channels).

    >>> Activation("relu").output_shape((4, 4, 8))
    (4, 4, 8)
    """

    activation: str

    def __post_init__(self) -> None:
        settle_choice(self, "activation", tuple(FUNCTIONS))

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return ActivationModule(self.activation)
