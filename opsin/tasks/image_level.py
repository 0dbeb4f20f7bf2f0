"""What tasks have in common whose answers are a row of numbers an image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from opsin.core import DataError
from opsin.data import Places
from opsin.geometry import Placement

from .spatial import as_rows
from .task import Head, Task


class ImageLevelTask:
    """Outputs are answers as they are, (n, units); nothing in them is a place in the image."""

    head: Head = "vector"
    places: Places = "none"

    @property
    def units(self) -> int:
        """How many outputs there are."""
        raise NotImplementedError

    def decode(self, raw: Tensor) -> np.ndarray:
        """The outputs, float32 (n, units)."""
        return raw.float().cpu().numpy()

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """Zeros, (count, units)."""
        return np.zeros((count, self.units), np.float32)

    def restore(self, raw: np.ndarray, frames: Sequence[Placement]) -> np.ndarray:
        """The answers as they are."""
        return raw

    def full(self, raw: np.ndarray, frames: Sequence[Placement]) -> np.ndarray:
        """The answers as they are."""
        return raw

    def to_columns(self, raw: np.ndarray) -> dict[str, list[Any]]:
        """What a prediction says, a column a name."""
        raise NotImplementedError

    def to_records(self, raw: np.ndarray) -> list[dict[str, Any]]:
        """The columns, row by row."""
        return as_rows(self.to_columns(raw))

    def with_threshold(self, confidence: float) -> Task:
        """Raises DataError: every image has its answer."""
        raise DataError("a confidence is asked for, but this model tells no boxes or objects; leave it out")

    def baseline_predictions(self, trivial: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """The same outputs for each image."""
        return np.tile(trivial, (len(raw), 1)).astype(np.float32)

    def draw(self, pixels: np.ndarray, raw: Any, target: Any) -> np.ndarray:
        """The image alone."""
        return pixels
