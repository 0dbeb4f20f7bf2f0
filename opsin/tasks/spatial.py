"""What a task can do besides whose answers are places: have them written, drawn, and put together from parts."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np

from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.geometry.tiles import Tile

Told: TypeAlias = Literal["boxes", "masks", "objects"]
"""What an answer is made of: boxes, a class for each pixel, or objects by their pixels."""


@runtime_checkable
class SpatialTask(Protocol):
    """Answers here are of one image each and in its own pixels, as `full` gives them."""

    @property
    def told(self) -> Told:
        """What an answer is made of, which decides the files it can be written to."""
        ...

    @property
    def object_names(self) -> tuple[str, ...]:
        """The names of the classes that `marked` counts."""
        ...

    def to_annotations(self, id: str, answer: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """The objects that are told of an image of (height, width) `size`, for annotation files."""
        ...

    def overlay(self, pixels: np.ndarray, answer: np.ndarray) -> np.ndarray:
        """The image, uint8 (height, width, 1 or 3), with the answer drawn on it, uint8 (h, w, 3)."""
        ...

    def merge_tiles(self, answers: Sequence[np.ndarray], windows: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
        """Answers for windows onto an image of (height, width) `size`, in their pixels, as one for all of it."""
        ...


def as_rows(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Columns of equal length as rows.

    >>> as_rows({"a": [1, 2], "b": ["x", "y"]})
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def rows_of(answers: Sequence[np.ndarray]) -> np.ndarray:
    """An array of arrays, (n,), which numpy makes only when it is told so."""
    rows = np.empty(len(answers), object)
    for row, answer in enumerate(answers):
        rows[row] = answer
    return rows
