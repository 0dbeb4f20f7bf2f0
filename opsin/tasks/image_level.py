"""Base class of tasks with one output vector per image."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from opsin.core import DataError, OutputSpec
from opsin.data import Augmentation, ImageStatistics, Sampler, Table, check_enough
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Key
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile

from .defaults import classifier_network, image_augmentation
from .task import NetworkChoice, Task
from .validation import no_class_weights

TABLE_FORMATS = (".csv", ".jsonl", ".parquet")


class ImageLevelTask:
    """Base class: predictions are the logits, (n, units); no part of them has a position in the image."""

    output = OutputSpec("vector")
    sampler: Sampler = "uniform"
    label_smoothing = 0.1
    batch_pixels: int | None = None
    writer_formats: tuple[str, ...] = TABLE_FORMATS
    object_names: tuple[str, ...] = ()
    legend: tuple[Key, ...] = ()
    target_legend: tuple[Key, ...] = ()
    count_word = "image"
    notice = ""
    name: str

    @property
    def units(self) -> int:
        """Number of outputs."""
        raise NotImplementedError

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
        """Returns the logits, float32 (n, units)."""
        return logits.float().cpu().numpy()

    def empty(self, count: int, size: tuple[int, ...]) -> np.ndarray:
        """Returns zeros, (count, units)."""
        return np.zeros((count, self.units), np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Returns the same logits for each image."""
        return np.tile(baseline, (len(predictions), 1)).astype(np.float32)

    def uncalibrated(self) -> Any:
        """Returns the task itself."""
        return self

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns plain values by column name."""
        raise NotImplementedError

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """Returns the columns, row by row."""
        return as_rows(self.to_columns(predictions))

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns row indices by subgroup."""
        raise NotImplementedError

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns one prediction and its ground truth as text."""
        raise NotImplementedError

    def class_counts(self, targets: np.ndarray) -> dict[str, int]:
        """Returns the number of images of each subgroup."""
        return {name: len(rows) for name, rows in self.subgroups(targets).items()}

    def describe_target(self, target: Any) -> str:
        """Returns the ground truth as text."""
        return self.describe(self.empty(1, ())[0], target)[1]

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """Returns the image alone."""
        return pixels

    def draw_target(self, pixels: np.ndarray, target: Any) -> np.ndarray:
        """Returns the image alone."""
        return pixels

    def to_image_space(
        self, predictions: np.ndarray, placements: Sequence[Placement], *, masks: bool = True
    ) -> np.ndarray:
        """Returns the predictions unchanged."""
        return predictions

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: Any
    ) -> Any:
        """Raises DataError: an image has one prediction."""
        raise self._refused("tiles")

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Raises DataError: there are no objects."""
        raise self._refused("annotation files")

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Returns the image alone."""
        return pixels

    def with_threshold(self, confidence: float) -> Task:
        """Raises DataError: every image has a prediction."""
        raise self._refused("a confidence threshold")

    def class_weights(self, train_targets: np.ndarray) -> tuple[float, ...]:
        """Raises DataError: targets are not one class per image."""
        raise no_class_weights(self.name)

    def check_targets(self, table: Table) -> None:
        """Raises DataError for a table that is too small to learn from."""
        check_enough(table)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a residual network that suits the size and number of the images."""
        return classifier_network(images, count, device, seconds)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns flips, translations and, for larger images, small rotations and changes of scale and light."""
        return image_augmentation(side, hflip=hflip, rotate90=rotate90, long=long)

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns flips, and translations by a pixel for small images."""
        return "none" if not hflip else "hflip_shift" if side <= 64 else "hflip"

    def _refused(self, thing: str) -> DataError:
        return DataError(
            f"{thing} cannot be used: the task {self.name!r} has no boxes, masks or objects. Fix: leave it out."
        )


def as_rows(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Returns columns of equal length as rows.

    Examples:
        >>> as_rows({"a": [1, 2], "b": ["x", "y"]})
        [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
