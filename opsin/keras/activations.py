"""Activation functions as objects: `keras.activations.relu` stands for "relu" in a layer and can be called."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from opsin.core import NetworkError
from opsin.nn.layers.activations import FUNCTIONS


@dataclass(frozen=True)
class Activation:
    """One function by its Keras name; softmax and its like work along the last axis, where Keras has the channels.

    >>> import torch
    >>> softmax(torch.zeros(1, 2))
    tensor([[0.5000, 0.5000]])
    """

    name: str

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, x: Tensor) -> Tensor:
        return FUNCTIONS[self.name](x.movedim(-1, 1)).movedim(1, -1)


elu = Activation("elu")
exponential = Activation("exponential")
gelu = Activation("gelu")
hard_sigmoid = Activation("hard_sigmoid")
leaky_relu = Activation("leaky_relu")
linear = Activation("linear")
log_softmax = Activation("log_softmax")
mish = Activation("mish")
relu = Activation("relu")
relu6 = Activation("relu6")
selu = Activation("selu")
sigmoid = Activation("sigmoid")
silu = swish = Activation("silu")
softmax = Activation("softmax")
softplus = Activation("softplus")
softsign = Activation("softsign")
tanh = Activation("tanh")


def get(identifier: str | Activation | None) -> Callable[[Tensor], Tensor]:
    """The function that a name stands for; None is linear."""
    return Activation(activation_name(identifier, "keras.activations.get", "identifier") or "linear")


def activation_name(value: Any, label: str, field: str) -> str | None:
    """The name that a name or a function of this module stands for; NetworkError with the names there are otherwise."""
    if value is None:
        return None
    name = getattr(value, "__name__", value)
    if isinstance(name, str) and name in FUNCTIONS:
        return name
    raise NetworkError(f"{label} takes one of {', '.join(map(repr, FUNCTIONS))} for {field}, got {value!r}")
