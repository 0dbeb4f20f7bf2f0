"""Activation functions with Keras's names, and the layer that applies one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, shape_text
from ..validation import check_choice

Function: TypeAlias = Callable[[Tensor], Tensor]


def _linear(x: Tensor) -> Tensor:
    return x


def _softmax(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=1)


def _log_softmax(x: Tensor) -> Tensor:
    return torch.log_softmax(x, dim=1)


def _leaky_relu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


def _glu(x: Tensor) -> Tensor:
    return F.glu(x, dim=1)


def _sparse_plus(x: Tensor) -> Tensor:
    return torch.where(x >= 1, x, 0.25 * (x.clamp(-1, 1) + 1).square())


def _sparse_sigmoid(x: Tensor) -> Tensor:
    return 0.5 * (x.clamp(-1, 1) + 1)


def _squareplus(x: Tensor) -> Tensor:
    return (x + (x.square() + 4).sqrt()) / 2


def _sparsemax(x: Tensor) -> Tensor:
    """Projects x onto the probability simplex of the channels (Martins and Astudillo, arXiv:1602.02068)."""
    descending, _ = x.sort(dim=1, descending=True)
    counts = torch.arange(1, x.shape[1] + 1, device=x.device, dtype=x.dtype).view(1, -1, *(1,) * (x.ndim - 2))
    sums = descending.cumsum(dim=1) - 1
    kept = (descending * counts > sums).sum(dim=1, keepdim=True)
    return F.relu(x - sums.gather(1, kept - 1) / kept)


FUNCTIONS: dict[str, Function] = {
    "linear": _linear,
    "celu": F.celu,
    "elu": F.elu,
    "exponential": torch.exp,
    "gelu": F.gelu,
    "glu": _glu,
    "hard_shrink": F.hardshrink,
    "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish,
    "hard_swish": F.hardswish,
    "hard_tanh": F.hardtanh,
    "leaky_relu": _leaky_relu,
    "log_sigmoid": F.logsigmoid,
    "log_softmax": _log_softmax,
    "mish": F.mish,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "soft_shrink": F.softshrink,
    "softmax": _softmax,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "sparsemax": _sparsemax,
    "squareplus": _squareplus,
    "swish": F.silu,
    "tanh": torch.tanh,
    "tanh_shrink": F.tanhshrink,
}
"""Keras's activation functions by name, with Keras's default arguments. `threshold` has no defaults and is omitted."""


def _relu6(x: Tensor) -> Tensor:
    """Works in place if no gradient is recorded; otherwise torch would have to keep a copy of the input."""
    return F.relu6(x, inplace=not (x.requires_grad and torch.is_grad_enabled()))


_IN_PLACE: dict[str, Function] = {"relu": F.relu_, "relu6": _relu6}


def check_activation(layer: Layer, field: str = "activation") -> None:
    """Checks that a field is None or names an activation that keeps the number of channels.

    Args:
        layer: The layer.
        field: Name of the field.

    Raises:
        NetworkError: The name is unknown, or it is "glu".
    """
    check_choice(layer, field, (None, *(name for name in FUNCTIONS if name != "glu")))


def function(name: str | None, *, in_place: bool = False) -> Function:
    """Returns an activation function by name.

    Args:
        name: One of `FUNCTIONS`; None for "linear".
        in_place: Return the in-place variant if there is one.

    Returns:
        A function of tensors (batch, channels, ...).
    """
    name = name or "linear"
    return _IN_PLACE.get(name, FUNCTIONS[name]) if in_place else FUNCTIONS[name]


class ActivationModule(torch.nn.Module):
    """Applies an activation function; in place if `in_place` is set and the function allows it."""

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
    """Applies an activation function to each value.

    "softmax", "log_softmax", "sparsemax" and "glu" work on the channels of each position; "glu" halves their number.

    Args:
        activation: Name of the function, as in Keras: "relu", "gelu", "silu", "softmax", ...
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Activation("relu").output_shape((4, 4, 8))
        (4, 4, 8)
    """

    activation: str

    def __post_init__(self) -> None:
        check_choice(self, "activation", tuple(FUNCTIONS))

    def output_shape(self, input_shape: Shape) -> Shape:
        if self.activation != "glu":
            return input_shape
        if input_shape[-1] % 2:
            raise self.fail(f"halves the channels of {shape_text(input_shape)}. Expected an even number of channels.")
        return (*input_shape[:-1], input_shape[-1] // 2)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return ActivationModule(self.activation)
