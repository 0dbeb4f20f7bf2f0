"""The shape a network starts from, written as its first layer."""

from dataclasses import dataclass

from opsin.core import Shape


@dataclass(frozen=True)
class Input:
    """Says the input's shape, (height, width, channels), in place of `input_shape=`.

    >>> from opsin.nn import Dense, Sequential
    >>> Sequential([Input((4,)), Dense(2)], seed=0).output_shape
    (2,)
    """

    shape: Shape
