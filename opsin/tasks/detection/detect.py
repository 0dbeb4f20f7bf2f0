"""Object detection: bounding boxes with a class and a score."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from opsin.core import OutputSpec
from opsin.data import BOXES, Augmentation, ImageStatistics
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Chart, Key
from opsin.drawing.boxes import BOX_LEGEND, box_picture, ground_truth_picture
from opsin.drawing.boxes import CROWD as CROWD_COLOUR
from opsin.drawing.legend import class_keys
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.average_precision import average_precision, coco_scores
from opsin.metrics.detection import ImageErrors, confusion, find_errors, match_images, rank_predictions
from opsin.metrics.weighted import mean

from ..defaults import grid_network, spatial_augmentation
from ..image_level import as_rows
from ..spatial import SpatialTask, as_objects, counts_text, merge_decoded
from ..task import NetworkChoice, Scorer
from ..tile_merging import merge_boxes
from ..validation import check_names, check_stride, check_thresholds
from .centernet import CROWD, NO_BOX, centernet_loss, decode_peaks
from .charts import box_charts, box_confusion

DEFAULT_THRESHOLD = 0.3
"""Confidence threshold of each class before calibration."""


@dataclass(frozen=True)
class Detect(SpatialTask):
    """Object detection with one confidence threshold per class.

    Predictions are float32 (k, 6) for each image: xmin, ymin, xmax, ymax in pixels, class, score. Targets are (k, 7):
    xmin, ymin, xmax, ymax in pixels, class, crowd, area.

    Args:
        names: Class names.
        stride: Pixels per cell of the network's output grid, a power of two.
        thresholds: Minimum score of each class, 0 to 1. Default: 0.3 for each.

    Raises:
        DataError: A name, the stride or a threshold is not valid.

    Examples:
        >>> predictions = Detect(("cat",)).empty(1, (64, 64))
        >>> Detect(("cat",)).to_columns(predictions)
        {'count': [0], 'count_cat': [0], 'boxes': [[]]}
    """

    names: tuple[str, ...]
    stride: int = 4
    thresholds: tuple[float, ...] = ()

    name = "detect"
    output = OutputSpec("grid", "boxes")
    target_kind = BOXES
    writer_formats = (*SpatialTask.writer_formats, "csv-boxes", "yolo")
    monitor = ("ap", 1)
    count_word = "box"
    legend = BOX_LEGEND

    def __post_init__(self) -> None:
        check_names(self.names, 1, "classes")
        check_stride(self.stride)
        if self.thresholds == ():
            object.__setattr__(self, "thresholds", (DEFAULT_THRESHOLD,) * len(self.names))
        check_thresholds(self.thresholds, len(self.names))

    @property
    def units(self) -> int:
        """One output per class, and four for the sides of a box."""
        return len(self.names) + 4

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Returns float32 (n, boxes, 5): xmin, ymin, xmax, ymax, class; class -1 pads rows, -2 marks a crowd."""
        most = max([1, *map(len, targets)])
        encoded = np.zeros((len(targets), most, 5), np.float32)
        encoded[:, :, 4] = NO_BOX
        for row, boxes in enumerate(targets):
            encoded[row, : len(boxes), :4] = boxes[:, :4]
            encoded[row, : len(boxes), 4] = np.where(boxes[:, 5] != 0, CROWD, boxes[:, 4])
        return encoded

    def decode_targets(self, encoded: np.ndarray) -> np.ndarray:
        """Returns an array (n,) of boxes (k, 7); crowds have the first class."""
        rows = [row[row[:, 4] != NO_BOX] for row in encoded]
        sides = [row[:, 2:4] - row[:, :2] for row in rows]
        return as_objects(
            [
                np.column_stack([row[:, :4], row[:, 4].clip(0), row[:, 4] == CROWD, side.prod(1)]).astype(np.float32)
                for row, side in zip(rows, sides, strict=True)
            ]
        )

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Computes the CenterNet loss of each row, (n,); `weights` are one per class, `smoothing` has no effect."""
        return centernet_loss(logits, target, self.stride, weights)

    def decode(self, logits: Tensor) -> np.ndarray:
        """Returns an array (n,) of float32 (k, 6) by descending score: at most 300 boxes of at least 0.01."""
        return as_objects([boxes.numpy() for boxes in decode_peaks(logits, self.stride)])

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """Returns no boxes."""
        return as_objects([np.zeros((0, 6), np.float32) for _ in range(count)])

    def to_image_space(
        self, predictions: np.ndarray, placements: Sequence[Placement], *, masks: bool = True
    ) -> np.ndarray:
        """Returns boxes in pixels of the images, without those outside of the image."""
        moved = [
            one.boxes_to_image(boxes).astype(np.float32) for boxes, one in zip(predictions, placements, strict=True)
        ]
        return as_objects([boxes[(boxes[:, 2:4] > boxes[:, :2]).all(1)] for boxes in moved])

    def to_columns(self, predictions: np.ndarray) -> dict[str, list[Any]]:
        """Returns `count`, `count_<class>` and `boxes`: label, confidence and corners of each."""
        above = [self._above_threshold(boxes) for boxes in predictions]
        return {
            "count": [len(boxes) for boxes in above],
            **{
                f"count_{name}": [int((boxes[:, 4] == index).sum()) for boxes in above]
                for index, name in enumerate(self.names)
            },
            "boxes": [[self._as_json(box) for box in boxes] for boxes in above],
        }

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """Returns the columns, row by row."""
        return as_rows(self.to_columns(predictions))

    def with_threshold(self, confidence: float) -> "Detect":
        """Returns the task with this threshold for each class; raises DataError unless it is from 0 to 1."""
        return replace(self, thresholds=(float(confidence),) * len(self.names))

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """Returns a function to the COCO scores ap, ap50, ap75, ap_small, ap_medium, ap_large and ar, and count_mae.

        count_mae is the absolute error of the number of boxes above the threshold, a mean over images and classes.
        """
        classes = [average_precision(match_images(predictions, targets, index)) for index in range(len(self.names))]
        count_error = mean(self._count_errors(predictions, targets).mean(1))
        return lambda weights: {**coco_scores(classes, weights), "count_mae": count_error(weights)}

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """Returns class, count, ap, ap50, and above the threshold precision, recall, f1 and count_mae."""
        rows: list[dict[str, Any]] = []
        errors = self._count_errors(predictions, targets)
        for index, name in enumerate(self.names):
            matches = match_images(predictions, targets, index)
            ranking = rank_predictions(matches)
            precision = average_precision(matches)(np.ones(len(predictions)))[0][0]
            predicted = int((ranking.scores >= self.thresholds[index]).sum())
            correct = int(ranking.is_correct[:predicted].sum())
            row = {"class": name, "count": ranking.count, "ap": float(precision.mean()), "ap50": float(precision[0])}
            row |= {"precision": _ratio(correct, predicted), "recall": _ratio(correct, ranking.count)}
            row |= {"f1": _ratio(2 * correct, predicted + ranking.count)}
            rows.append(row | {"count_mae": float(errors[:, index].mean()) if len(predictions) else float("nan")})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the rows with an object of each class, crowds excluded."""
        present = [set(boxes[boxes[:, 5] == 0, 4].astype(int).tolist()) for boxes in targets]
        return {
            name: np.array([row for row, classes in enumerate(present) if index in classes], np.int64)
            for index, name in enumerate(self.names)
        }

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns (n,) booleans, true for images with a missed object or a false positive."""
        images = self._image_errors(predictions, targets)
        return np.array([errors.false_positive.any() or errors.missed.any() for errors in images], bool)

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Returns no parameters: the baseline predicts no boxes."""
        return np.zeros(0, np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """Returns no boxes."""
        return self.empty(len(predictions), (0, 0))

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Returns (n,): the sum of 1 - score over ground-truth boxes, plus the scores of false positives."""
        return np.array(
            [
                float((1 - errors.best_score[target[:, 5] == 0]).sum() + boxes[errors.false_positive, 5].sum())
                for errors, boxes, target in zip(
                    self._image_errors(predictions, targets), predictions, targets, strict=True
                )
            ]
        )

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """Returns (n,) shares of boxes within 0.1 of their threshold among all boxes above threshold - 0.1."""
        shares: list[float] = []
        for boxes in predictions:
            margin = boxes[:, 5] - np.array(self.thresholds)[boxes[:, 4].astype(int)]
            shares.append(_ratio(int((np.abs(margin) < 0.1).sum()), max(1, int((margin > -0.1).sum()))))
        return np.array(shares)

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Returns the confusion matrix, precision over recall, F1 over the threshold, and predicted counts."""
        rankings = [rank_predictions(match_images(predictions, targets, index)) for index in range(len(self.names))]
        matrix = box_confusion(self.names, confusion(predictions, targets, self.thresholds))
        counts = self._counts(predictions), self._label_counts(targets)
        return matrix, *box_charts(self.names, self.thresholds, rankings, *counts)

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """Returns predicted counts by class, and labelled counts with the missed objects and false positives."""
        errors = find_errors(prediction, target, self.thresholds)
        missed, false = int(errors.missed.sum()), int(errors.false_positive.sum())
        suffix = f"; {missed} missed, {false} false" if missed or false else ""
        predicted, labelled = self._counts(as_objects([prediction]))[0], self._label_counts(as_objects([target]))[0]
        return self._counts_text(predicted), self._counts_text(labelled) + suffix

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """Draws true positives green, false positives red, missed objects dashed yellow; blue without ground truth."""
        return box_picture(pixels, prediction, target, self.names, self.thresholds)

    def class_counts(self, targets: np.ndarray) -> dict[str, int]:
        """Returns the number of boxes of each class, crowds excluded."""
        return dict(zip(self.names, self._label_counts(targets).sum(0).tolist(), strict=True))

    def describe_target(self, target: Any) -> str:
        """Returns the number of boxes of each class."""
        return self._counts_text(self._label_counts(as_objects([target]))[0])

    def draw_target(self, pixels: np.ndarray, target: Any) -> np.ndarray:
        """Draws the boxes in the colours of their classes, crowds dashed grey."""
        return ground_truth_picture(pixels, target, self.names)

    @property
    def target_legend(self) -> tuple[Key, ...]:
        """Colour of each class, and of crowds."""
        return (*class_keys(self.names), Key("crowd", CROWD_COLOUR, dashed=True))

    @property
    def object_names(self) -> tuple[str, ...]:
        """Names of all classes."""
        return self.names

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """Returns the boxes above their thresholds."""
        boxes = self._above_threshold(prediction).astype(np.float64)
        sides = boxes[:, 2:4] - boxes[:, :2]
        values = np.column_stack([boxes[:, :5], np.zeros(len(boxes)), sides.prod(1)])
        return AnnotatedImage(id, *size, values, boxes[:, 5])

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """Draws the boxes above their thresholds, in blue."""
        return box_picture(pixels, prediction, None, self.names, self.thresholds)

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: tuple[int, int]
    ) -> np.ndarray:
        """Merges the boxes of all tiles, each object once."""
        return merge_decoded(self, merge_boxes, logits, placements, tiles, size)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a detector."""
        return grid_network(images, count, device)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns geometric and photometric changes that move boxes with the image."""
        return spatial_augmentation(side, hflip=hflip, rotate90=rotate90, rotate=0.0)

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns "none": the output grids of flipped images do not align."""
        return "none"

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Detect":
        """Returns the task with the threshold of best F1 for each class on these validation predictions.

        A class without a true positive keeps its threshold.
        """
        found = [
            rank_predictions(match_images(predictions, targets, index)).threshold() for index in range(len(self.names))
        ]
        best = (old if new is None else new for old, new in zip(self.thresholds, found, strict=True))
        return replace(self, thresholds=tuple(best))

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _above_threshold(self, boxes: np.ndarray) -> np.ndarray:
        return boxes[boxes[:, 5] >= np.array(self.thresholds)[boxes[:, 4].astype(int)]]

    def _as_json(self, box: np.ndarray) -> dict[str, Any]:
        corners = [round(float(value), 1) for value in box[:4]]
        return {"label": self.names[int(box[4])], "confidence": round(float(box[5]), 4), "box": corners}

    def _counts(self, predictions: np.ndarray) -> np.ndarray:
        """Returns the numbers of boxes above the threshold, (n, classes)."""
        counts = [
            np.bincount(self._above_threshold(boxes)[:, 4].astype(int), minlength=len(self.names))
            for boxes in predictions
        ]
        return np.array(counts, np.int64).reshape(len(predictions), len(self.names))

    def _label_counts(self, targets: np.ndarray) -> np.ndarray:
        """Returns the numbers of ground-truth boxes without crowds, (n, classes)."""
        counts = [np.bincount(boxes[boxes[:, 5] == 0, 4].astype(int), minlength=len(self.names)) for boxes in targets]
        return np.array(counts, np.int64).reshape(len(targets), len(self.names))

    def _count_errors(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return np.abs(self._counts(predictions) - self._label_counts(targets)).astype(np.float64)

    def _image_errors(self, predictions: np.ndarray, targets: np.ndarray) -> list[ImageErrors]:
        return [find_errors(boxes, target, self.thresholds) for boxes, target in zip(predictions, targets, strict=True)]

    def _counts_text(self, counts: np.ndarray) -> str:
        return counts_text({name: int(count) for name, count in zip(self.names, counts, strict=True)})


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
