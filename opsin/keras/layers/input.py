"""Input: the shape that a model starts from."""

from typing import Any

from opsin.core import NetworkError, Shape

from ..naming import auto_name
from .layer import check_shape


class InputLayer:
    """First entry of a model: the shape of its input.

    Args:
        shape: Shape of one input, (height, width, channels).
        batch_size: Accepted, without effect.
        dtype: Accepted, without effect.
        name: Name of the layer. None: the class name and a number.
        more: `batch_shape`, `batch_input_shape` or `input_shape`, instead of `shape`.

    Raises:
        NetworkError: The shape is missing or has unknown sizes, or an argument is unknown.

    Examples:
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
        unknown = [key for key, value in more.items() if value]
        if unknown:
            raise NetworkError(f"Input has no argument {unknown[0]!r}. Expected shape, batch_size, dtype or name.")
        if shape is None:
            raise NetworkError("Input has no shape. Expected height, width and channels. Fix: shape=(64, 64, 3).")
        self.shape: Shape = check_shape("Input", shape)
        self.name = name or auto_name("InputLayer")


def Input(
    shape: Any = None, batch_size: int | None = None, dtype: Any = None, name: str | None = None, **more: Any
) -> InputLayer:
    """Returns an `InputLayer`, the first entry of a model.

    Args:
        shape: Shape of one input without the batch axis, (height, width, channels).
        batch_size: Accepted, without effect.
        dtype: Accepted, without effect.
        name: Name of the layer.
        more: `batch_shape`, `batch_input_shape` or `input_shape`, instead of `shape`.

    Examples:
        >>> Input((28, 28, 1)).shape
        (28, 28, 1)
    """
    return InputLayer(shape, batch_size, dtype, name=name, **more)
