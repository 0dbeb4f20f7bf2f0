"""Dense and activation layers with Keras's arguments."""

import warnings
from typing import Any, ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class Dense(Layer):
    """Fully connected layer along the last axis."""

    kind: ClassVar[type[nn.Layer]] = nn.Dense
    arguments: ClassVar[Arguments] = lists.DENSE


class Activation(Layer):
    """Applies an activation function to each element, or (softmax, log_softmax) to the channels of each position."""

    kind: ClassVar[type[nn.Layer]] = nn.Activation
    arguments: ClassVar[Arguments] = lists.ACTIVATION


class ReLU(Layer):
    """Rectified linear unit: zero below the threshold, optionally with a negative slope and an upper limit."""

    kind: ClassVar[type[nn.Layer]] = nn.ReLU
    arguments: ClassVar[Arguments] = lists.RELU


class LeakyReLU(Layer):
    """Leaky rectified linear unit. The old argument name `alpha` is accepted for `negative_slope`."""

    kind: ClassVar[type[nn.Layer]] = nn.LeakyReLU
    arguments: ClassVar[Arguments] = lists.LEAKY_RELU

    def __init__(self, *given: Any, **named: Any) -> None:
        if "alpha" in named:
            warnings.warn("LeakyReLU: the argument alpha was renamed. Fix: use negative_slope.", stacklevel=2)
            named["negative_slope"] = named.pop("alpha")
            given = ()
        super().__init__(*given, **named)


class ELU(Layer):
    """Exponential linear unit: alpha * (exp(x) - 1) for negative x, otherwise x."""

    kind: ClassVar[type[nn.Layer]] = nn.ELU
    arguments: ClassVar[Arguments] = lists.ELU


class PReLU(Layer):
    """Rectified linear unit with a trainable negative slope."""

    kind: ClassVar[type[nn.Layer]] = nn.PReLU
    arguments: ClassVar[Arguments] = lists.PRELU


class Softmax(Layer):
    """Softmax: converts logits to probabilities."""

    kind: ClassVar[type[nn.Layer]] = nn.Softmax
    arguments: ClassVar[Arguments] = lists.SOFTMAX
