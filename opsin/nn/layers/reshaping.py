"""Reshaping and rescaling."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, numel, shape_text, short_repr
from ..validation import as_count, as_float

_MAX_AXES = 8


class FlattenModule(torch.nn.Module):
    """Flattens (height, width, channels) per sample; a view if the memory format is channels_last."""

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).flatten(1)


class ReshapeModule(torch.nn.Module):
    """Reshapes each sample, with values in (height, width, channels) order."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).reshape(-1, *self.shape).movedim(-1, 1)

    def extra_repr(self) -> str:
        return str(self.shape)


class RescalingModule(torch.nn.Module):
    """Multiplies by a scale and adds an offset."""

    def __init__(self, scale: float, offset: float) -> None:
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale + self.offset

    def extra_repr(self) -> str:
        return f"{self.scale}, offset={self.offset}"


@dataclass(frozen=True, repr=False)
class Flatten(Layer):
    """Flattens the input to a vector, in (height, width, channels) order.

    Args:
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Flatten().output_shape((4, 4, 8))
        (128,)
    """

    @property
    def window(self) -> None:
        return None

    def output_shape(self, input_shape: Shape) -> Shape:
        return (numel(input_shape),)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return FlattenModule()


@dataclass(frozen=True, repr=False)
class Reshape(Layer):
    """Reshapes the input, with values in (height, width, channels) order.

    Args:
        target_shape: Output shape without the batch axis, channels last. One size may be -1: it is inferred.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Reshape((4, 4, -1)).output_shape((128,))
        (4, 4, 8)
    """

    target_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        value = cast(object, self.target_shape)
        items = cast("list[object]", list(value)) if isinstance(value, list | tuple) else []
        sizes = [as_count(item, -1) for item in items]
        if not 1 <= len(sizes) <= _MAX_AXES or sizes.count(-1) > 1 or None in sizes or 0 in sizes:
            raise self.fail(
                f"got target_shape={short_repr(value)}. Expected 1 to {_MAX_AXES} positive integers, one of which may "
                "be -1."
            )
        object.__setattr__(self, "target_shape", tuple(sizes))

    @property
    def window(self) -> None:
        return None

    def output_shape(self, input_shape: Shape) -> Shape:
        count, known = numel(input_shape), numel([size for size in self.target_shape if size != -1])
        has_free_size = -1 in self.target_shape
        if (count % known) if has_free_size else (count != known):
            raise self.fail(
                f"cannot reshape {shape_text(input_shape)} to {shape_text(self.target_shape)}. Expected sizes whose "
                f"product is {count}."
            )
        return tuple(count // known if size == -1 else size for size in self.target_shape)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return ReshapeModule(self.output_shape(input_shape))


@dataclass(frozen=True, repr=False)
class Rescaling(Layer):
    """Computes x * scale + offset.

    Args:
        scale: Factor.
        offset: Value added after scaling.
        name: Name of the layer, unique among its siblings. Default: derived from the class.

    Examples:
        >>> Rescaling(1 / 255).output_shape((8, 8, 3))
        (8, 8, 3)
    """

    scale: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        as_float(self, "scale", -1e30, 1e30)
        as_float(self, "offset", -1e30, 1e30)

    def output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return RescalingModule(self.scale, self.offset)
