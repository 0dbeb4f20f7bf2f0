"""A class for each pixel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from opsin.core.output import OutputSpec
from opsin.data import MASKS, Augmentation, ImageStatistics
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Chart, Histogram, Matrix
from opsin.drawing.masks import mask_picture, overlay
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
"""Names of a first class that stands for nothing: it has no part in the mean Dice, and no colour."""


@dataclass(frozen=True)
class Segment(SpatialTask):
    """Cross-entropy and Dice over the pixels' classes.

    Answers are uint8 (n, height, width, 2): class, and confidence from 0 to 255; targets uint8 (n, height, width), 255
    where nobody knows. Both are in pixels of the network's input.

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

    def __post_init__(self) -> None:
        check_names(self.names, 2, "classes")

    @property
    def units(self) -> int:
        """One output a class."""
        return len(self.names)

    @property
    def has_background(self) -> bool:
        """Whether the first class stands for nothing."""
        return self.names[0].lower() in BACKGROUNDS

    @property
    def things(self) -> range:
        """The classes that are something."""
        return range(1 if self.has_background else 0, len(self.names))

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """The masks as they are."""
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

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns the most probable class of each pixel and its probability, in steps of 1/255."""
        return _classes_of(logits.float().softmax(1)).cpu().numpy()

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """The first class everywhere, of no confidence."""
        return np.zeros((count, *size, 2), np.uint8)

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """`share_<class>`, the share of the pixels, and `confidence`, its mean."""
        shares = [
            np.bincount(row[..., 0].ravel(), minlength=256)[: self.units] / row[..., 0].size for row in predictions
        ]
        return {
            **{f"share_{name}": [float(share[index]) for share in shares] for index, name in enumerate(self.names)},
            "confidence": [float(row[..., 1].mean() / 255) for row in predictions],
        }

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """The columns, and `mask`: uint8 (height, width) of class indices."""
        return [
            {**row, "mask": answer[..., 0]}
            for row, answer in zip(as_rows(self.to_columns(predictions)), predictions, strict=True)
        ]

    @property
    def object_names(self) -> tuple[str, ...]:
        """All classes but a background."""
        return self.names[self.things.start :]

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Each class that is there, but a background, as one object."""
        return annotate_classes(id, prediction[..., 0], prediction[..., 1], self.things)

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """The image in the colours of its classes."""
        return overlay(pixels, prediction[..., 0], self.has_background)

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: tuple[int, int]
    ) -> np.ndarray:
        """Averages probabilities where tiles overlap, with less weight near a tile's border, then takes the best."""
        parts = (
            placement.mask_to_image(one.float().softmax(0).movedim(0, 2).cpu().numpy())
            for one, placement in zip(logits, placements, strict=True)
        )
        merged = torch.from_numpy(merge_probabilities(parts, tiles, size))
        return _classes_of(merged.movedim(2, 0)[None])[0].numpy()

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """iou (mean over all classes), dice (mean over all but a background), image_dice, pixel_accuracy, boundary_f.

        Pixels of all images are counted together, but for image_dice, the mean of the Dice of each image; a class that
        is neither there nor answered has no part.
        """
        tables = confusion(predictions[..., 0], targets, self.units)
        image_dice = mean_of_known(self._dice_of_each(tables))
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
        """class, count (images that have it), iou, dice, precision and recall of its pixels."""
        tables = confusion(predictions[..., 0], targets, self.units)
        iou, dice, table = self._overlaps(tables.sum(0))
        right, truth, said = np.diag(table), table.sum(1), table.sum(0)
        counts = (tables.sum(2) > 0).sum(0)
        columns = (counts, iou, dice, ratio(right, said), ratio(right, truth))
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
        """The rows in which each class is to be seen."""
        seen = np.zeros((len(targets), 256), bool)
        for row in range(len(targets)):
            seen[row, np.unique(np.asarray(targets[row]))] = True
        return {name: np.flatnonzero(seen[:, index]) for index, name in enumerate(self.names)}

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """No answer is quite right."""
        return

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """The share of each class among the training pixels."""
        counts = np.zeros(256)
        for mask in train_targets:
            counts += np.bincount(np.asarray(mask).ravel(), minlength=256)
        return (counts[: self.units] / max(1.0, counts[: self.units].sum())).astype(np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """The most frequent class everywhere."""
        answers = np.empty_like(predictions)
        answers[..., 0], answers[..., 1] = int(baseline.argmax()), round(255 * float(baseline.max()))
        return answers

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """1 - the mean Dice of each image."""
        return 1 - self._dice_of_each(confusion(predictions[..., 0], targets, self.units))

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """1 - the mean confidence of each image."""
        return np.array([1 - float(row[..., 1].mean()) / 255 for row in predictions])

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """The confusion matrix of pixels and how Dice is spread over the images."""
        tables = confusion(predictions[..., 0], targets, self.units)
        table = tables.sum(0).astype(np.int64)
        caption = "How many pixels of each true class (down) got each answer (across); the diagonal is right."
        matrix = Matrix("Confusion of pixels", caption, table, self.names, "truth", "answer")
        dice = self._dice_of_each(tables)
        counts, edges = np.histogram(dice[np.isfinite(dice)], 20, (0.0, 1.0))
        caption = "How many images reach each Dice; those to the left are among the mistakes below."
        return matrix, Histogram("Dice of each image", caption, edges, counts, "dice", "images")

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """The shares of the classes, and the true ones with the image's Dice."""
        dice = float(self._dice_of_each(confusion(prediction[None, ..., 0], np.asarray(target)[None], self.units))[0])
        return self._words(prediction[..., 0]), f"{self._words(np.asarray(target))}; dice {dice:.2f}"

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """The image, the truth, the answer and what is wrong, side by side."""
        truth = None if target is None else np.asarray(target)
        return mask_picture(pixels, prediction[..., 0], truth, self.has_background)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a U-Net."""
        return map_network(images, count, device)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns geometric and photometric changes that move masks with the image."""
        return spatial_augmentation(side, hflip=hflip, rotate90=rotate90, rotate=15.0)

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns flips."""
        return "hflip" if hflip else "none"

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Segment":
        """The same: which class is likeliest does not depend on a temperature."""
        return self

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _overlaps(self, table: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        right, truth, said = np.diag(table), table.sum(1), table.sum(0)
        return ratio(right, truth + said - right), ratio(2 * right, truth + said), table

    def _dice_of_each(self, tables: np.ndarray) -> np.ndarray:
        return np.array([mean_known(self._overlaps(table)[1][self.things.start :]) for table in tables])

    def _words(self, mask: np.ndarray) -> str:
        known = mask[mask != IGNORED]
        counts = np.bincount(known.ravel(), minlength=self.units)
        shares = {self.names[index]: counts[index] / max(1, known.size) for index in self.things if counts[index]}
        most = sorted(shares.items(), key=lambda pair: -pair[1])[:4]
        return ", ".join(f"{name} {share:.0%}" for name, share in most) or self.names[0]


def _classes_of(probabilities: Tensor) -> Tensor:
    """Returns uint8 (n, height, width, 2), class and probability in steps of 1/255, of (n, classes, height, width)."""
    probability, best = probabilities.max(1)
    return torch.stack([best, (probability * 255).round()], 3).to(torch.uint8)
