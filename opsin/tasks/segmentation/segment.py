"""Semantic segmentation: one class per pixel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core import OutputSpec
from opsin.data import MASKS, Augmentation, ImageStatistics
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Chart, Histogram, Key, Matrix
from opsin.drawing.legend import class_keys, error_keys
from opsin.drawing.masks import enlarged, mask_picture, overlay
from opsin.geometry import IGNORED, Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.segmentation import boundary_counts, boundary_f, confusion
from opsin.metrics.weighted import mean_known, mean_of_known, ratio

from ..defaults import map_network, spatial_augmentation
from ..image_level import as_rows
from ..spatial import SpatialTask
from ..task import NetworkChoice, Scorer
from ..tile_merging import merge_probabilities
from ..validation import check_names
from .annotations import annotate_classes
from .losses import class_loss

BACKGROUNDS = ("background", "_background_", "bg", "unlabeled", "unlabelled", "none", "void")
"""Names that mark the first class as background: left out of the mean Dice, drawn without colour."""

LEAST_SHARE = 1e-4
"""Least share of a class that the initial bias assumes."""


@dataclass(frozen=True)
class Segment(SpatialTask):
    """Semantic segmentation, trained with cross-entropy and Dice.

    Predictions are uint8 (n, height, width, 2): class, and confidence from 0 to 255. Targets are uint8
    (n, height, width), 255 for unlabelled pixels. Both are in pixels of the network's input.

    Args:
        names: Class names, a background first if there is one.

    Raises:
        DataError: A name is not valid, or there are fewer than two.

    Examples:
        >>> Segment(("background", "cell")).to_columns(np.zeros((1, 4, 4, 2), np.uint8))["share_cell"]
        [0.0]
    """

    names: tuple[str, ...]

    name = "segment"
    output = OutputSpec("map", "mask")
    target_kind = MASKS
    writer_formats = (*SpatialTask.writer_formats, "masks")
    monitor = ("dice", 1)
    count_word = "image"

    def __post_init__(self) -> None:
        check_names(self.names, 2, "classes")

    @property
    def units(self) -> int:
        """One output per class."""
        return len(self.names)

    @property
    def has_background(self) -> bool:
        """True if the first class is a background."""
        return self.names[0].lower() in BACKGROUNDS

    @property
    def things(self) -> range:
        """Indices of all classes but the background."""
        return range(1 if self.has_background else 0, len(self.names))

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns the masks unchanged."""
        return targets

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Computes cross-entropy and 1 - Dice, means over known pixels and classes, (n,)."""
        return class_loss(logits, target, IGNORED, smoothing=smoothing, weights=weights)

    def output_bias(self, train_targets: np.ndarray) -> tuple[float, ...]:
        """Returns the logarithm of the share of each class among the training pixels, at least 1 of 10,000."""
        shares = self.fit_baseline(train_targets).clip(LEAST_SHARE)
        return tuple(np.log(shares).tolist())

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns the most probable class of each pixel and its probability, in steps of 1/255."""
        return _classes_of(logits.float().softmax(1)).cpu().numpy()

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """Returns the first class for every pixel, with confidence 0."""
        return np.zeros((count, *size, 2), np.uint8)

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns `share_<class>`, the share of the pixels, and `confidence`, the mean over the pixels."""
        shares = [
            np.bincount(row[..., 0].ravel(), minlength=256)[: self.units] / row[..., 0].size for row in predictions
        ]
        return {
            **{f"share_{name}": [float(share[index]) for share in shares] for index, name in enumerate(self.names)},
            "confidence": [float(row[..., 1].mean() / 255) for row in predictions],
        }

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """Returns the columns, and `mask`: uint8 (height, width) of class indices."""
        return [
            {**row, "mask": mask[..., 0]}
            for row, mask in zip(as_rows(self.to_columns(predictions)), predictions, strict=True)
        ]

    @property
    def legend(self) -> tuple[Key, ...]:
        """Colours of errors."""
        return error_keys(self.has_background, len(self.things) > 1)

    @property
    def target_legend(self) -> tuple[Key, ...]:
        """Colour of each class but the background."""
        return class_keys(self.object_names)

    def class_counts(self, targets: np.ndarray) -> dict[str, int]:
        """Returns the number of images with a pixel of each class."""
        return {name: len(rows) for name, rows in self.subgroups(targets).items()}

    def describe_target(self, target: Any) -> str:
        """Returns the shares of the classes."""
        return self._shares_text(np.asarray(target))

    def draw_target(self, pixels: np.ndarray, target: Any) -> np.ndarray:
        """Draws each class in its own colour."""
        return enlarged(overlay(pixels, np.asarray(target), self.has_background))

    @property
    def object_names(self) -> tuple[str, ...]:
        """Names of all classes but the background."""
        return self.names[self.things.start :]

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Returns each class with pixels, except the background, as one object."""
        return annotate_classes(id, prediction[..., 0], prediction[..., 1], self.things)

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Draws each class in its own colour."""
        return overlay(pixels, prediction[..., 0], self.has_background)

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: tuple[int, int]
    ) -> np.ndarray:
        """Averages probabilities where tiles overlap, with less weight near their borders, and takes the maximum."""
        parts = (
            placement.mask_to_image(one.float().softmax(0).movedim(0, 2).cpu().numpy())
            for one, placement in zip(logits, placements, strict=True)
        )
        merged = torch.from_numpy(merge_probabilities(parts, tiles, size))
        return _classes_of(merged.movedim(2, 0)[None])[0].numpy()

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to iou, dice, image_dice, pixel_accuracy and boundary_f.

        iou is a mean over all classes, dice over all but the background, both from the pixels of all images together;
        image_dice is the mean of the Dice of each image. Classes neither labelled nor predicted are left out.
        """
        tables = confusion(predictions[..., 0], targets, self.units)
        image_dice = mean_of_known(self._image_dice(tables))
        outlines = boundary_counts(predictions[..., 0], targets)

        def scores(weights: np.ndarray) -> dict[str, float]:
            iou, dice, table = self._overlaps(np.tensordot(weights, tables, 1))
            return {
                "iou": mean_known(iou),
                "dice": mean_known(dice[self.things.start :]),
                "image_dice": image_dice(weights),
                "pixel_accuracy": float(ratio(np.trace(table), table.sum())),
                "boundary_f": boundary_f(outlines, weights),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns class, count (images that contain it), iou, dice, precision and recall of its pixels."""
        tables = confusion(predictions[..., 0], targets, self.units)
        iou, dice, table = self._overlaps(tables.sum(0))
        correct, labelled, predicted = np.diag(table), table.sum(1), table.sum(0)
        counts = (tables.sum(2) > 0).sum(0)
        columns = (counts, iou, dice, ratio(correct, predicted), ratio(correct, labelled))
        return [
            {
                "class": name,
                "count": int(n),
                "iou": float(i),
                "dice": float(d),
                "precision": float(p),
                "recall": float(r),
            }
            for name, n, i, d, p, r in zip(self.names, *columns, strict=True)
        ]

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows with a pixel of each class."""
        present = np.zeros((len(targets), 256), bool)
        for row in range(len(targets)):
            present[row] = np.bincount(np.asarray(targets[row]).ravel(), minlength=256) > 0
        return {name: np.flatnonzero(present[:, index]) for index, name in enumerate(self.names)}

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Returns None: predicted masks are only more or less accurate."""
        return

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns the share of each class among the training pixels, (classes,)."""
        counts = np.zeros(256)
        for mask in train_targets:
            counts += np.bincount(np.asarray(mask).ravel(), minlength=256)
        return (counts[: self.units] / max(1.0, counts[: self.units].sum())).astype(np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Returns the most frequent class for every pixel."""
        constant = np.empty_like(predictions)
        constant[..., 0], constant[..., 1] = int(baseline.argmax()), round(255 * float(baseline.max()))
        return constant

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns 1 - the mean Dice of each image, (n,); 0 where nothing is labelled and nothing predicted."""
        dice = self._image_dice(confusion([row[..., 0] for row in predictions], targets, self.units))
        return 1 - np.where(np.isnan(dice), 1.0, dice)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns 1 - the mean confidence of each image, (n,)."""
        return np.array([1 - float(row[..., 1].mean()) / 255 for row in predictions])

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns the confusion matrix of pixels, and the distribution of Dice over the images."""
        tables = confusion([row[..., 0] for row in predictions], targets, self.units)
        table = tables.sum(0).astype(np.int64)
        caption = "Number of pixels by ground truth (rows) and predicted class (columns); the diagonal is correct."
        matrix = Matrix("Confusion matrix of pixels", caption, table, self.names, "ground truth", "prediction")
        dice = self._image_dice(tables)
        counts, edges = np.histogram(dice[np.isfinite(dice)], 20, (0.0, 1.0))
        caption = "Number of images by Dice. The images with the lowest Dice are shown below."
        return matrix, Histogram("Dice of each image", caption, edges, counts, "Dice", "images")

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns predicted shares of the classes, and labelled shares with the image's Dice."""
        dice = float(self._image_dice(confusion(prediction[None, ..., 0], np.asarray(target)[None], self.units))[0])
        return self._shares_text(prediction[..., 0]), f"{self._shares_text(np.asarray(target))}; Dice {dice:.2f}"

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """Draws image, ground truth, prediction and errors next to each other."""
        labelled = None if target is None else np.asarray(target)
        return mask_picture(pixels, prediction[..., 0], labelled, self.has_background)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a U-Net."""
        return map_network(images, count, device)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns geometric and photometric changes that move masks with the image."""
        return spatial_augmentation(side, hflip=hflip, rotate90=rotate90, rotate=15.0)

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns "hflip" if flips keep the target, else "none"."""
        return "hflip" if hflip else "none"

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Segment":
        """Returns the task itself: a temperature does not change the most probable class."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _overlaps(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        correct, labelled, predicted = np.diag(table), table.sum(1), table.sum(0)
        return ratio(correct, labelled + predicted - correct), ratio(2 * correct, labelled + predicted), table

    def _image_dice(self, tables: np.ndarray) -> np.ndarray:
        return np.array([mean_known(self._overlaps(table)[1][self.things.start :]) for table in tables])

    def _shares_text(self, mask: np.ndarray) -> str:
        known = mask[mask != IGNORED]
        counts = np.bincount(known.ravel(), minlength=self.units)
        shares = {self.names[index]: counts[index] / max(1, known.size) for index in self.things if counts[index]}
        largest = sorted(shares.items(), key=lambda pair: -pair[1])[:4]
        return ", ".join(f"{name} {share:.0%}" for name, share in largest) or self.names[0]


def _classes_of(probabilities: Tensor) -> Tensor:
    """Returns uint8 (n, ..., 2), class and probability in steps of 1/255, of probabilities (n, classes, ...)."""
    probability, best = probabilities.max(1)
    return torch.stack([best, (probability * 255).round()], -1).to(torch.uint8)
