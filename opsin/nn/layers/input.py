"""Input shape of a network, given as its first item."""

from dataclasses import dataclass

from opsin.core import Shape


@dataclass(frozen=True)
class Input:
    """Declares the input shape in place of `input_shape=`. It is not a layer.

    Args:
        shape: Input shape without the batch axis: (height, width, channels).

    Examples:
        >>> from opsin.nn import Dense, Sequential
        >>> Sequential([Input((4,)), Dense(2)], seed=0).output_shape
        (2,)
    """

    shape: Shape
