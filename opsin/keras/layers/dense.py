"""Dense layers and activations under Keras's argument lists."""

from typing import Any, ClassVar

from opsin import nn
from opsin.core import NetworkError

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


class NamedActivation(Layer):
    """An activation with a class of its own; Opsin has it with the settings in `known`."""

    kind: ClassVar[type[nn.Layer]] = nn.Activation
    known: ClassVar[dict[tuple[Any, ...], str]] = {}

    @classmethod
    def settled(cls, values: Arguments) -> tuple[Arguments, Arguments]:
        settings = tuple(values[name] for name in cls.arguments)
        if settings not in cls.known:
            raise NetworkError(
                f"{cls.__name__} takes {' or '.join(map(str, cls.known))} for ({', '.join(cls.arguments)}), got "
                f"{settings}: Opsin has no other"
            )
        return {"activation": cls.known[settings]}, {}


class ReLU(NamedActivation):
    """Zero for what is negative; `max_value=6` cuts at 6."""

    arguments: ClassVar[Arguments] = {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}
    known: ClassVar[dict[tuple[Any, ...], str]] = {(None, 0.0, 0.0): "relu", (6, 0.0, 0.0): "relu6"}


class LeakyReLU(NamedActivation):
    """A slope for what is negative; Opsin has that of 0.2 only."""

    arguments: ClassVar[Arguments] = {"negative_slope": 0.3}
    known: ClassVar[dict[tuple[Any, ...], str]] = {(0.2,): "leaky_relu"}


class ELU(NamedActivation):
    """exp(x) - 1 for what is negative."""

    arguments: ClassVar[Arguments] = {"alpha": 1.0}
    known: ClassVar[dict[tuple[Any, ...], str]] = {(1.0,): "elu"}


class Softmax(NamedActivation):
    """Probabilities: positive, and their sum 1."""

    arguments: ClassVar[Arguments] = {"axis": -1}
    known: ClassVar[dict[tuple[Any, ...], str]] = {(-1,): "softmax"}
