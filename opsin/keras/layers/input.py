"""What a model starts from: the shape of one input."""

from typing import Any

from opsin.core import NetworkError, Shape

from ..naming import auto_name
from .layer import checked_shape


class InputLayer:
    """Says the input's shape, (height, width, channels), as a model's first layer.

    >>> InputLayer(shape=(28, 28, 1)).shape
    (28, 28, 1)
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        *,
        name: str | None = None,
        **more: Any,
    ) -> None:
        batched = more.pop("batch_shape", None) or more.pop("batch_input_shape", None)
        shape = more.pop("input_shape", shape) if batched is None else tuple(batched)[1:]
        wanted = [key for key, value in more.items() if value]
        if wanted:
            raise NetworkError(f"Input has no argument {wanted[0]!r} here; expected shape, batch_size, dtype and name")
        if shape is None:
            raise NetworkError("Input got no shape; expected one such as shape=(64, 64, 3): height, width, channels")
        self.shape: Shape = checked_shape("Input", shape)
        self.name = name or auto_name("InputLayer")


def Input(
    shape: Any = None, batch_size: int | None = None, dtype: Any = None, name: str | None = None, **more: Any
) -> InputLayer:
    """The shape of one input, without the batch.

    >>> Input((28, 28, 1)).shape
    (28, 28, 1)
    """
    return InputLayer(shape, batch_size, dtype, name=name, **more)
