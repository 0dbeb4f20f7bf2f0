"""Dense layers and activations under Keras's argument lists."""

import warnings
from typing import Any, ClassVar

from opsin import nn

from . import arguments as lists
from .arguments import Arguments
from .layer import Layer


class Dense(Layer):
    """Each of `units` outputs a weighted sum of all inputs (of each position, where there are several)."""

    kind: ClassVar[type[nn.Layer]] = nn.Dense
    arguments: ClassVar[Arguments] = lists.DENSE


class Activation(Layer):
    """A function of each number, or (softmax and its like) of each position's channels."""

    kind: ClassVar[type[nn.Layer]] = nn.Activation
    arguments: ClassVar[Arguments] = lists.ACTIVATION


class ReLU(Layer):
    """Zero below `threshold` (or `negative_slope` times the way below it), cut at `max_value` where that is given."""

    kind: ClassVar[type[nn.Layer]] = nn.ReLU
    arguments: ClassVar[Arguments] = lists.RELU


class LeakyReLU(Layer):
    """What is negative times `negative_slope`, which older scripts call `alpha`."""

    kind: ClassVar[type[nn.Layer]] = nn.LeakyReLU
    arguments: ClassVar[Arguments] = lists.LEAKY_RELU

    def __init__(self, *given: Any, **named: Any) -> None:
        if "alpha" in named:
            warnings.warn("LeakyReLU calls alpha negative_slope now: write that", stacklevel=2)
            named["negative_slope"] = named.pop("alpha")
            given = ()
        super().__init__(*given, **named)


class ELU(Layer):
    """alpha * (exp(x) - 1) for what is negative."""

    kind: ClassVar[type[nn.Layer]] = nn.ELU
    arguments: ClassVar[Arguments] = lists.ELU


class PReLU(Layer):
    """What is negative times a learned slope, which is the same along `shared_axes`."""

    kind: ClassVar[type[nn.Layer]] = nn.PReLU
    arguments: ClassVar[Arguments] = lists.PRELU


class Softmax(Layer):
    """Probabilities: positive, and their sum 1."""

    kind: ClassVar[type[nn.Layer]] = nn.Softmax
    arguments: ClassVar[Arguments] = lists.SOFTMAX
