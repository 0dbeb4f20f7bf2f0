"""Activation functions by Keras's names, and the layer that applies one."""

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
    """The nearest point to x among the probabilities of the channels (Martins and Astudillo, arXiv:1602.02068)."""
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
"""By the names Keras has for them, with its defaults; `threshold`, which has none, is the only one left out."""


def _relu6(x: Tensor) -> Tensor:
    """In place where no gradient is wanted, for which torch would keep a copy of what was there."""
    return F.relu6(x, inplace=not (x.requires_grad and torch.is_grad_enabled()))


_IN_PLACE: dict[str, Function] = {"relu": F.relu_, "relu6": _relu6}


def check_activation(layer: Layer, field: str = "activation") -> None:
    """The field must be None or name an activation function, one that keeps the number of channels."""
    check_choice(layer, field, (None, *(name for name in FUNCTIONS if name != "glu")))


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
    """A function of each number, or (softmax and its like, glu) of each position's channels; glu halves their number.

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
            raise self.fail(f"halves the channels, got {shape_text(input_shape)}: give it an even number of them")
        return (*input_shape[:-1], input_shape[-1] // 2)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        self.output_shape(input_shape)
        return ActivationModule(self.activation)
