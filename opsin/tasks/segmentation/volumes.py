"""Semantic segmentation of volumes: one class per voxel, scored per volume in millimetres and millilitres."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from opsin.core import DataError, OutputSpec
from opsin.data import VOLUME_MASKS, Augmentation, ImageStatistics
from opsin.geometry import IGNORED, Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.segmentation import confusion
from opsin.metrics.surfaces import compare_surfaces
from opsin.metrics.weighted import mean_known, mean_of_known

from ..spatial import as_objects
from ..task import NetworkChoice, Scorer
from .segment import Segment

PATCH_VOXELS = {"cpu": 96 * 1024}
GPU_PATCH_VOXELS = 128**3
"""Largest patch, in voxels, by type of device."""
PATCH_MULTIPLE = 8


@dataclass(frozen=True)
class SegmentVolumes(Segment):
    """Semantic segmentation of volumes, trained on patches with cross-entropy and Dice.

    Predictions are uint8 (depth, height, width, 2) for each volume: class, and confidence from 0 to 255. Targets are
    uint8 (depth, height, width), 255 for unlabelled voxels.

    Args:
        names: Class names, a background first if there is one.
        spacing: Distance between voxels of predictions along each axis, in millimetres; scores in voxels without it.

    Raises:
        DataError: A name is not valid, there are fewer than two, or the spacing is not above 0.

    Examples:
        >>> SegmentVolumes(("background", "liver"), (2.0, 1.0, 1.0)).voxel_ml
        0.002
    """

    spacing: tuple[float, float, float] | None = None

    name = "segment_volumes"
    output = OutputSpec("map", "volume", ranks=(3,))
    target_kind = VOLUME_MASKS
    writer_formats = (".csv", ".jsonl", ".parquet", "volumes")
    batch_pixels = 2**19
    count_word = "volume"
    notice = "Not a medical device: for research only, not for diagnosis or treatment."

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.spacing is not None and not (len(self.spacing) == 3 and min(self.spacing) > 0):
            raise DataError(f"spacing {self.spacing} is not valid. Expected three distances above 0.")

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in millilitres."""
        return float(np.prod(self.spacing or (1.0, 1.0, 1.0))) / 1000

    def with_spacing(self, spacing: tuple[float, float, float] | None) -> "SegmentVolumes":
        """Returns the task for predictions of another spacing."""
        return replace(self, spacing=spacing)

    def empty(self, count: int, size: tuple[int, ...]) -> np.ndarray:
        """Returns the first class for every voxel, with confidence 0."""
        return as_objects([np.zeros((*size, 2), np.uint8) for _ in range(count)])

    def to_image_space(
        self, predictions: np.ndarray, placements: Sequence[Placement], *, masks: bool = True
    ) -> np.ndarray:
        """Returns the predictions: they have the size of their volume."""
        return predictions

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: Any
    ) -> np.ndarray:
        """Raises DataError: patches of volumes are merged as probabilities by the model."""
        raise DataError("tiles apply to images only; volumes are always predicted in patches. Fix: leave them out.")

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to dice, iou, hd95, surface_dice, volume_error_ml, and the Dice of each class.

        Each is computed for every volume and class but the background, averaged over volumes, then over classes; hd95
        is in millimetres, surface_dice has a tolerance of 1 mm, volume_error_ml is the mean absolute difference in
        millilitres. A class that a volume neither has nor is predicted to have is left out.
        """
        table = self._table(predictions, targets)
        means = {name: [mean_of_known(column) for column in rows.T] for name, rows in table.items()}

        def scores(weights: np.ndarray) -> dict[str, float]:
            found = {name: mean_known([one(weights) for one in columns]) for name, columns in means.items()}
            if len(self.things) > 1:
                each = zip(self.object_names, means["dice"], strict=True)
                found |= {f"dice_{name}": one(weights) for name, one in each}
            return found

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns class, count (volumes that contain it), and the scores of `scorer` for each but the background."""
        table = self._table(predictions, targets)
        rows = list[dict[str, Any]]()
        for place, (index, name) in enumerate(zip(self.things, self.object_names, strict=True)):
            count = sum(bool((np.asarray(target) == index).any()) for target in targets)
            rows.append({"class": name, "count": count, **{key: mean_known(t[:, place]) for key, t in table.items()}})
        return rows

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Returns the most frequent class for every voxel."""
        value = np.array([int(baseline.argmax()), round(255 * float(baseline.max()))], np.uint8)
        return as_objects([np.broadcast_to(value, row.shape) for row in predictions])

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """Draws the middle slice of a volume, uint8 (height, width, 1 or 3), with its masks."""
        middle = len(prediction) // 2
        return super().draw(pixels, prediction[middle], None if target is None else np.asarray(target)[middle])

    def draw_target(self, pixels: np.ndarray, target: Any) -> np.ndarray:
        """Draws the labels of the middle slice of a volume, uint8 (height, width, 1 or 3)."""
        return super().draw_target(pixels, np.asarray(target)[len(target) // 2])

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """Returns the columns, `mask`: uint8 (depth, height, width) of class indices, and the notice."""
        return [{**row, "notice": self.notice} for row in super().to_records(predictions)]

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Draws each class of the middle slice in its own colour."""
        return super().overlay(pixels, prediction[len(prediction) // 2])

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns `ml_<class>`, the volume in millilitres, and `confidence`, the mean over the predicted voxels."""
        counts = [np.bincount(row[..., 0].ravel(), minlength=256) for row in predictions]
        columns: dict[str, list[Any]] = {
            f"ml_{name}": [float(count[index]) * self.voxel_ml for count in counts]
            for index, name in zip(self.things, self.object_names, strict=True)
        }
        return {**columns, "confidence": [_confidence(row, self.things.start) for row in predictions]}

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a U-Net over three axes, and the patch that it takes."""
        assert images.volumes is not None
        patch = patch_size(images.volumes.size, PATCH_VOXELS.get(device, GPU_PATCH_VOXELS))
        shape = "x".join(map(str, images.volumes.size))
        return NetworkChoice("unet_full", patch, f"{count:,} volumes of about {shape}: patches at full resolution")

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns rotations, scaling and changes of brightness that suit any anatomy."""
        return Augmentation(hflip=hflip, rotate=15.0, scale=0.15, brightness_contrast=0.15)

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns "none": most anatomy has a left and a right."""
        return "none"

    def _table(self, predictions: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Scores of every volume and class, (n, classes) each; nan where they are not defined."""
        spacing = self.spacing or (1.0, 1.0, 1.0)
        rows: dict[str, list[list[float]]] = {
            name: [] for name in ("dice", "iou", "hd95", "surface_dice", "volume_error_ml")
        }
        for prediction, target in zip(predictions, targets, strict=True):
            labelled, predicted = np.asarray(target), np.asarray(prediction)[..., 0]
            predicted = np.where(labelled == IGNORED, IGNORED, predicted)
            table = confusion(predicted[None], labelled[None], self.units)[0]
            iou, dice, _ = self._overlaps(table)
            surfaces = [compare_surfaces(predicted == index, labelled == index, spacing) for index in self.things]
            difference = np.abs(table.sum(0) - table.sum(1)) * self.voxel_ml
            rows["dice"].append(dice[self.things.start :].tolist())
            rows["iou"].append(iou[self.things.start :].tolist())
            rows["hd95"].append([one.hd95 for one in surfaces])
            rows["surface_dice"].append([one.surface_dice for one in surfaces])
            rows["volume_error_ml"].append(difference[self.things.start :].tolist())
        return {name: np.array(values, float).reshape(-1, len(self.things)) for name, values in rows.items()}


def patch_size(size: Sequence[int], voxels: int) -> tuple[int, int, int]:
    """Returns the sides of a patch: those of the volume, reduced to a number of voxels, each a multiple of 8.

    Args:
        size: (depth, height, width) of a usual volume in voxels.
        voxels: Largest number of voxels of a patch.

    Examples:
        >>> patch_size((36, 50, 35), 100_000), patch_size((300, 512, 512), 100_000)
        ((40, 56, 40), (40, 48, 48))
    """
    sides = [max(PATCH_MULTIPLE, -(-side // PATCH_MULTIPLE) * PATCH_MULTIPLE) for side in size]
    while int(np.prod(sides)) > voxels and max(sides) > PATCH_MULTIPLE:
        largest = max(range(3), key=lambda axis: sides[axis])
        sides[largest] -= PATCH_MULTIPLE
    return sides[0], sides[1], sides[2]


def _confidence(prediction: np.ndarray, first: int) -> float:
    chosen = prediction[..., 1][prediction[..., 0] >= first]
    return float((chosen if chosen.size else prediction[..., 1]).mean() / 255)
