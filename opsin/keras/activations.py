"""Activation functions: each can be called, or passed to a layer instead of its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from opsin.core import NetworkError
from opsin.nn.layers.activations import FUNCTIONS

from .missing import missing as _missing


@dataclass(frozen=True)
class Activation:
    """An activation function.

    Softmax and log_softmax act on the last axis, the channels.

    Args:
        name: Keras's name of the function.

    Examples:
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
    """Returns an activation function.

    Args:
        identifier: Name, function of this module, or None for linear.

    Raises:
        NetworkError: The name is unknown.
    """
    return Activation(activation_name(identifier, "keras.activations.get", "identifier") or "linear")


def activation_name(value: Any, label: str, field: str) -> str | None:
    """Returns the name of an activation function. Raises NetworkError, which lists the names, for an unknown one."""
    if value is None:
        return None
    name = getattr(value, "__name__", value)
    if isinstance(name, str) and name in FUNCTIONS:
        return name
    raise NetworkError(f"{label} got {value!r} for {field}. Expected one of {', '.join(map(repr, FUNCTIONS))}.")


__getattr__ = _missing(__name__)
