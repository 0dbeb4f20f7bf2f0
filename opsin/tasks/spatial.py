"""Base class of tasks with boxes, masks or objects."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from opsin.core import DataError
from opsin.data import Sampler, Table, check_enough
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile

from .defaults import SPATIAL_BATCH_PIXELS
from .image_level import TABLE_FORMATS
from .validation import no_class_weights


class SpatialTask:
    """Base class: predictions have positions in the image, in pixels."""

    sampler: Sampler = "uniform"
    activation: str | None = None
    notice = ""
    subgroup_word = "class"
    label_smoothing = 0.0
    batch_pixels: int | None = SPATIAL_BATCH_PIXELS
    writer_formats: tuple[str, ...] = (*TABLE_FORMATS, ".json")
    name: str
    names: tuple[str, ...]

    def decode_targets(self, encoded: np.ndarray) -> np.ndarray:
        """Returns the targets unchanged."""
        return encoded

    def output_bias(self, train_targets: np.ndarray) -> tuple[float, ...] | None:
        """Returns None: the last layer keeps its own initial bias."""
        return None

    def loss_parameters(self, seed: int) -> dict[str, Tensor]:
        """Returns nothing: the loss has no weights."""
        return {}

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns the predictions of a batch of logits, one row per image."""
        raise NotImplementedError

    def uncalibrated(self) -> Any:
        """Returns the task itself: its thresholds are no probabilities."""
        return self

    def to_image_space(
        self, predictions: np.ndarray, placements: Sequence[Placement], *, masks: bool = True
    ) -> np.ndarray:
        """Returns masks at the size of their images; at the size of the input without `masks`."""
        if not masks:
            return predictions
        return as_objects([one.mask_to_image(row) for row, one in zip(predictions, placements, strict=True)])

    def with_threshold(self, confidence: float) -> Any:
        """Raises DataError: every pixel has a class."""
        raise DataError("a confidence threshold cannot be used: every pixel has a class here. Fix: leave it out.")

    def class_weights(self, train_targets: np.ndarray) -> tuple[float, ...]:
        """Raises DataError: targets are not one class per image."""
        raise no_class_weights(self.name)

    def check_targets(self, table: Table) -> None:
        """Raises DataError for a table that is too small to learn from."""
        check_enough(table)


def merge_decoded(
    task: Any,
    merge: Callable[[Sequence[np.ndarray], Sequence[Tile], Any], np.ndarray],
    logits: Iterable[Tensor],
    placements: Sequence[Placement],
    tiles: Sequence[Tile],
    size: Any,
) -> np.ndarray:
    """Decodes tiles one by one and merges the objects that several tiles contain, as `Task.decode_tiles` asks.

    Args:
        task: Task that decodes.
        merge: Function of predictions in pixels of their tiles, tiles and size of the image.
        logits: Logits of each tile, (units, ...).
        placements: Placement of each tile in the network's input.
        tiles: Position of each tile in the image.
        size: (height, width) of the image in pixels.
    """
    pairs = zip(logits, placements, strict=True)
    return merge([task.to_image_space(task.decode(one[None]), [place])[0] for one, place in pairs], tiles, size)


def counts_text(counts: Mapping[str, int]) -> str:
    """Returns the numbers of objects in an image as text, the most frequent class first.

    Args:
        counts: Number of objects of each class.

    Examples:
        >>> counts_text({"cat": 2, "dog": 3, "owl": 0}), counts_text({"object": 1}), counts_text({"object": 107})
        ('3 × dog, 2 × cat', '1 object', '107 objects')
    """
    if set(counts) <= {"object"}:
        count = counts.get("object", 0)
        return f"{count:,} object{'' if count == 1 else 's'}"
    present = Counter({name: count for name, count in counts.items() if count})
    return ", ".join(f"{count:,} × {name}" for name, count in present.most_common()) or "none"


def as_objects(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Returns an array (n,) of arrays, whatever their shapes."""
    rows = np.empty(len(arrays), object)
    for row, array in enumerate(arrays):
        rows[row] = array
    return rows
