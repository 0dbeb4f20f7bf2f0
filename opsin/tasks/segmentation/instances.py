"""Instance segmentation: objects by their pixels, also where they touch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, OutputSpec
from opsin.data import INSTANCES, Augmentation, ImageStatistics
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.data.writers.masks import object_rows
from opsin.drawing import Chart, Histogram, Key, Points
from opsin.drawing.legend import error_keys
from opsin.drawing.masks import enlarged, mask_picture, overlay
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.average_precision import average_precision, coco_scores
from opsin.metrics.detection import rank_predictions
from opsin.metrics.instances import match_masks, objects_in
from opsin.metrics.segmentation import boundary_counts, boundary_f, confusion
from opsin.metrics.weighted import mean, mean_of_known, ratio

from ..defaults import MICROSCOPE_PHOTOMETRIC, map_network, spatial_augmentation
from ..image_level import as_rows
from ..spatial import SpatialTask, counts_text, merge_decoded
from ..task import NetworkChoice, Scorer
from ..tile_merging import merge_objects
from ..validation import check_names, check_thresholds
from .annotations import annotate_objects
from .losses import class_loss, gap_loss, outline_loss, outlines
from .watershed import separate_objects

CANDIDATE_AREAS = (0, 5, 10, 20, 40, 80, 160)
"""Minimum areas in pixels among which calibration chooses by F1."""
MAX_AP_LOSS = 0.001
"""Loss of AP that a minimum area may cost."""
_NOT_IGNORED = -1


@dataclass(frozen=True)
class Instances(SpatialTask):
    """Instance segmentation: the network predicts classes and outlines of pixels, a watershed separates objects.

    Predictions are int32 (n, height, width, 2): 0 for the background or 256 * object number + class, and the object's
    confidence from 0 to 255. Targets are int32 (n, height, width) of the same codes.

    Args:
        names: Class names of the objects.
        least_area: Minimum area of an object in pixels of the network's input.
        least_confidence: Minimum confidence of an object, 0 to 1.

    Raises:
        DataError: A name, the minimum area or the minimum confidence is not valid.

    Examples:
        >>> Instances(("cell",)).to_columns(np.zeros((1, 4, 4, 2), np.int32))["count"]
        [0]
    """

    names: tuple[str, ...]
    least_area: int = 0
    least_confidence: float = 0.0

    name = "instances"
    output = OutputSpec("map", "instances")
    target_kind = INSTANCES
    writer_formats = (*SpatialTask.writer_formats, "objects")
    monitor = ("ap", 1)
    count_word = "object"
    target_legend: ClassVar[tuple[Key, ...]] = ()

    def __post_init__(self) -> None:
        check_names(self.names, 1, "classes")
        if type(self.least_area) is not int or self.least_area < 0:
            raise DataError(f"the minimum area is {self.least_area!r}. Expected a whole number of pixels, 0 or more.")
        check_thresholds((self.least_confidence,), 1)

    @property
    def units(self) -> int:
        """One output for the background, one per class, one for outlines."""
        return len(self.names) + 2

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
        """Computes cross-entropy and 1 - Dice of classes and outlines, with more weight in gaps, (n,)."""
        classes = (target % 256 + 1) * (target > 0)
        if weights is not None:
            weights = weights.new_tensor([1.0, *weights.tolist()])
        classification = class_loss(logits[:, :-1], classes, _NOT_IGNORED, smoothing=smoothing, weights=weights)
        return classification + outline_loss(logits[:, -1], target) + gap_loss(logits, classes, target)

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns objects, each with the class of the highest summed probability.

        The confidence of an object is the mean over its pixels of the probability of the prediction: inside, and on an
        outline or not.
        """
        probabilities = logits[:, :-1].float().softmax(1).cpu().numpy()
        outline = logits[:, -1].float().sigmoid().cpu().numpy()
        return np.stack([self._decoded(*pair) for pair in zip(probabilities, outline, strict=True)])

    def _decoded(self, probabilities: np.ndarray, outline: np.ndarray) -> np.ndarray:
        inside = 1 - probabilities[0]
        number = separate_objects(inside, outline, self.least_area)
        flat, count = number.ravel(), int(number.max()) + 1
        size = np.maximum(1, np.bincount(flat, minlength=count))
        sums = np.stack([np.bincount(flat, of_class.ravel(), count) for of_class in probabilities[1:]])
        on_outline = outlines(torch.from_numpy(number)[None])[0].numpy()
        consistent = np.where(number > 0, inside * np.where(on_outline, outline, 1 - outline), 1 - inside)
        confidence = np.bincount(flat, consistent.ravel(), count) / size
        kept = np.round(255 * confidence) >= 255 * self.least_confidence
        kept[0] = False
        confidence[1:] = np.where(kept, confidence, 1 - confidence)[1:]
        code = (np.cumsum(kept) * 256 + sums.argmax(0)) * kept
        return np.stack([code[number], np.round(255 * confidence.clip(0, 1))[number]], 2).astype(np.int32)

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """Returns no objects."""
        return np.zeros((count, *size, 2), np.int32)

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns `count`, `count_<class>`, and means over objects: `area_mean` in pixels, and `confidence`."""
        found = [objects_in(row[..., 0], row[..., 1]) for row in predictions]
        return {
            "count": [len(objects.codes) for objects in found],
            **{
                f"count_{name}": [int((objects.classes == index).sum()) for objects in found]
                for index, name in enumerate(self.names)
            },
            "area_mean": [float(objects.areas.mean()) if len(objects.codes) else 0.0 for objects in found],
            "confidence": [float(objects.scores.mean()) if len(objects.codes) else 0.0 for objects in found],
        }

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """Returns the columns, `objects` (one record each) and `mask`: int32 (height, width) of object numbers."""
        return [
            {**row, "objects": object_rows(mask[..., 0], self.names, mask[..., 1]), "mask": mask[..., 0] // 256}
            for row, mask in zip(as_rows(self.to_columns(predictions)), predictions, strict=True)
        ]

    def with_threshold(self, confidence: float) -> "Instances":
        """Returns the task with this minimum confidence of objects; raises DataError unless it is from 0 to 1."""
        return replace(self, least_confidence=float(confidence))

    @property
    def legend(self) -> tuple[Key, ...]:
        """Colours of errors; each object has a colour of its own."""
        return error_keys(True, len(self.names) > 1)

    def class_counts(self, targets: np.ndarray) -> dict[str, int]:
        """Returns the number of objects of each class."""
        counts = np.zeros(len(self.names), np.int64)
        for mask in targets:
            counts += np.bincount(objects_in(mask).classes, minlength=len(self.names))
        return dict(zip(self.names, counts.tolist(), strict=True))

    def describe_target(self, target: Any) -> str:
        """Returns the number of objects of each class."""
        return self._counts_text(np.asarray(target))

    def draw_target(self, pixels: np.ndarray, target: Any) -> np.ndarray:
        """Draws each object in its own colour."""
        return enlarged(overlay(pixels, np.asarray(target), True))

    @property
    def object_names(self) -> tuple[str, ...]:
        """Names of all classes."""
        return self.names

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Returns each object with its mask."""
        return annotate_objects(id, prediction[..., 0], prediction[..., 1])

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Draws each object in its own colour."""
        return overlay(pixels, prediction[..., 0], True)

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: tuple[int, int]
    ) -> np.ndarray:
        """Merges the objects of all tiles, each object once."""
        return merge_decoded(self, merge_objects, logits, placements, tiles, size)

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to ap, ap50, ap75, dice, image_dice, iou, boundary_f, count_mae and count_bias.

        ap, ap50 and ap75 are the COCO scores of masks, with up to 1,000 objects per image. dice and iou compare
        foreground with background over all pixels; image_dice is the mean over images with a labelled or predicted
        object; boundary_f includes the outlines between objects; count_mae and count_bias are means over images.
        """
        classes = [average_precision(images) for images in match_masks(predictions, targets, len(self.names))]
        tables = confusion((predictions[..., 0] > 0).astype(np.uint8), self._foreground(targets), 2)
        borders = boundary_counts(predictions[..., 0], targets, None)
        excess = self._counts(predictions[..., 0]) - self._counts(targets)
        count_error, count_bias = mean(np.abs(excess)), mean(excess)
        image_dice = mean_of_known(ratio(2 * tables[:, 1, 1], tables[:, 1].sum(1) + tables[:, :, 1].sum(1)))

        def scores(weights: np.ndarray) -> dict[str, float]:
            found = coco_scores(classes, weights)
            table = np.tensordot(weights, tables, 1)
            intersection, union = table[1, 1], table.sum() - table[0, 0]
            return {
                **{name: found[name] for name in ("ap", "ap50", "ap75")},
                "dice": float(ratio(2 * intersection, union + intersection)),
                "image_dice": image_dice(weights),
                "iou": float(ratio(intersection, union)),
                "boundary_f": boundary_f(borders, weights),
                "count_mae": count_error(weights),
                "count_bias": count_bias(weights),
            }

        return scores

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns class, count, ap, ap50, and at an IoU of 0.5 precision, recall and f1."""
        rows: list[dict[str, Any]] = []
        for name, images in zip(self.names, match_masks(predictions, targets, len(self.names)), strict=True):
            precision = average_precision(images)(np.ones(len(images)))[0][0]
            ranking = rank_predictions(images)
            correct, predicted = np.array(ranking.is_correct.sum()), np.array(len(ranking.is_correct))
            labelled = np.array(ranking.count)
            row = {"class": name, "count": ranking.count, "ap": float(precision.mean()), "ap50": float(precision[0])}
            row |= {"precision": float(ratio(correct, predicted)), "recall": float(ratio(correct, labelled))}
            rows.append(row | {"f1": float(ratio(2 * correct, predicted + labelled))})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows with an object of each class."""
        present = [set(objects_in(targets[row]).classes.tolist()) for row in range(len(targets))]
        return {
            name: np.array([row for row, classes in enumerate(present) if index in classes], np.int64)
            for index, name in enumerate(self.names)
        }

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Returns None: predicted masks are only more or less accurate."""
        return

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns no parameters: the baseline predicts no objects."""
        return np.zeros(0, np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Returns no objects."""
        return np.zeros_like(predictions)

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns 1 - F1 of the objects of each image, at an IoU of 0.5, (n,)."""
        return 1 - self._image_f1(predictions, targets)

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns 1 - the mean confidence of the objects of each image, (n,); 0 without objects."""
        found = [objects_in(row[..., 0], row[..., 1]).scores for row in predictions]
        return np.array([1 - float(scores.mean()) if len(scores) else 0.0 for scores in found])

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns predicted counts over labelled counts, and the distribution of F1 over the images."""
        predicted, labelled = self._counts(predictions[..., 0]), self._counts(targets)
        caption = "Predicted counts over labelled counts, one dot per image; on the diagonal both are equal."
        points = Points("Object counts", caption, labelled, predicted, "ground truth", "prediction", True)
        counts, edges = np.histogram(self._image_f1(predictions, targets), 20, (0.0, 1.0))
        caption = (
            "Number of images by F1 of their objects at an IoU of 0.5. The images with the lowest F1 are shown below."
        )
        return points, Histogram("F1 of each image", caption, edges, counts, "F1", "images")

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns predicted counts by class, and labelled counts with the image's F1."""
        labelled = np.asarray(target)
        f1 = float(self._image_f1(prediction[None], labelled[None])[0])
        return self._counts_text(prediction[..., 0]), f"{self._counts_text(labelled)}; F1 {f1:.2f}"

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """Draws image, ground truth, prediction and errors next to each other, each object in its own colour."""
        return mask_picture(pixels, prediction[..., 0], None if target is None else np.asarray(target), True)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a U-Net."""
        return map_network(images, count, device)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns geometric and photometric changes that move masks with the image."""
        return spatial_augmentation(
            side, hflip=hflip, rotate90=rotate90, rotate=15.0, photometric=MICROSCOPE_PHOTOMETRIC
        )

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns "hflip" if flips keep the target, else "none"."""
        return "hflip" if hflip else "none"

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Instances":
        """Returns the task with the minimum area of best F1 on these validation predictions that keeps AP."""
        if not len(targets):
            return self
        scores = {area: self._scores_from_area(predictions, targets, area) for area in CANDIDATE_AREAS}
        allowed = [area for area in scores if not scores[area][1] < scores[0][1] - MAX_AP_LOSS]
        return replace(self, least_area=max(allowed, key=lambda area: (scores[area][0], -area)))

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _scores_from_area(self, predictions: np.ndarray, targets: np.ndarray, least: int) -> tuple[float, float]:
        """Returns F1 and AP of the predicted objects of at least this area."""
        kept = np.array(predictions)
        for row in kept:
            objects = objects_in(row[..., 0])
            row[np.isin(row[..., 0], objects.codes[objects.areas < least])] = 0
        matches = match_masks(kept, targets, len(self.names))
        precision = coco_scores([average_precision(images) for images in matches], np.ones(len(targets)))["ap"]
        rankings = [rank_predictions(images) for images in matches]
        correct = sum(int(ranking.is_correct.sum()) for ranking in rankings)
        both = sum(len(ranking.is_correct) + ranking.count for ranking in rankings)
        return (2 * correct / both if both else 1.0), precision

    def _image_f1(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        found = match_masks(predictions, targets, len(self.names))
        values: list[float] = []
        for images in zip(*found, strict=True):
            correct = sum(int((image.partner[0, 0] >= 0).sum()) for image in images)
            both = sum(len(image.scores) + int(image.wanted[0]) for image in images)
            values.append(2 * correct / both if both else 1.0)
        return np.array(values)

    def _foreground(self, masks: np.ndarray) -> np.ndarray:
        return np.stack([np.asarray(mask) > 0 for mask in masks]).astype(np.uint8) if len(masks) else masks

    def _counts(self, masks: np.ndarray) -> np.ndarray:
        return np.array([len(objects_in(mask).codes) for mask in masks], float)

    def _counts_text(self, mask: np.ndarray) -> str:
        return counts_text(self.class_counts(mask[None]))
