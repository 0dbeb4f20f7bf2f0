"""The same numbers in another arrangement or on another scale."""

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from opsin.core import Shape

from ..layer import Layer, numel, shape_text, short_repr
from ..validation import as_count, as_float

_MOST_AXES = 8


class FlattenModule(torch.nn.Module):
    """All numbers of an image in (height, width, channels) order; a view of channels_last memory."""

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).flatten(1)


class ReshapeModule(torch.nn.Module):
    """The numbers of an image, in (height, width, channels) order, in another shape."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).reshape(-1, *self.shape).movedim(-1, 1)

    def extra_repr(self) -> str:
        return str(self.shape)


class RescalingModule(torch.nn.Module):
    """Every number times a scale, plus an offset."""

    def __init__(self, scale: float, offset: float) -> None:
        super().__init__()
        self.scale, self.offset = scale, offset

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale + self.offset

    def extra_repr(self) -> str:
        return f"{self.scale}, offset={self.offset}"


@dataclass(frozen=True, repr=False)
class Flatten(Layer):
    """All numbers of an input in one row, in (height, width, channels) order.

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
    """The numbers of an input in another shape, in (height, width, channels) order; one -1 is worked out.

    >>> Reshape((4, 4, -1)).output_shape((128,))
    (4, 4, 8)
    """

    target_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        value = cast(object, self.target_shape)
        items = cast("list[object]", list(value)) if isinstance(value, list | tuple) else []
        sizes = [as_count(item, -1) for item in items]
        if not 1 <= len(sizes) <= _MOST_AXES or sizes.count(-1) > 1 or None in sizes or 0 in sizes:
            raise self.fail(
                f"takes 1 to {_MOST_AXES} whole numbers, at most one of them -1, for target_shape, "
                f"got {short_repr(value)}"
            )
        object.__setattr__(self, "target_shape", tuple(sizes))

    @property
    def window(self) -> None:
        return None

    def output_shape(self, input_shape: Shape) -> Shape:
        count, known = numel(input_shape), numel([size for size in self.target_shape if size != -1])
        free = -1 in self.target_shape
        if (count % known) if free else (count != known):
            raise self.fail(
                f"cannot make {shape_text(self.target_shape)} of {shape_text(input_shape)}, which has {count} numbers: "
                "choose sizes whose product is that"
            )
        return tuple(count // known if size == -1 else size for size in self.target_shape)

    def build(self, input_shape: Shape) -> torch.nn.Module:
        return ReshapeModule(self.output_shape(input_shape))


@dataclass(frozen=True, repr=False)
class Rescaling(Layer):
    """Every number times `scale`, plus `offset`.

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
