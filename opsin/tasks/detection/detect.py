"""Objects by their boxes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from opsin.core.output import OutputSpec
from opsin.data import Augmentation, ImageStatistics
from opsin.data.targets import BOXES
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Chart
from opsin.drawing.boxes import box_picture
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.average_precision import average_precision, coco_scores
from opsin.metrics.detection import ImageErrors, find_errors, match_images, rank_predictions
from opsin.metrics.weighted import mean

from ..defaults import grid_network, spatial_augmentation
from ..image_level import as_rows
from ..spatial import SpatialTask, as_objects, merge_decoded
from ..task import NetworkChoice, Scorer
from ..tile_merging import merge_boxes
from ..validation import check_names, check_stride, check_thresholds
from .centernet import CROWD, NO_BOX, centernet_loss, decode_peaks
from .charts import box_charts

USUAL_THRESHOLD = 0.3


@dataclass(frozen=True)
class Detect(SpatialTask):
    """Boxes of objects with a class and a score each; those from a score on, one a class, are told.

    Answers are (k, 6): xmin, ymin, xmax, ymax, class, score; targets (k, 7) as a table has them.

    Examples:
        >>> answers = Detect(("cat",)).empty(1, (64, 64))
        >>> Detect(("cat",)).to_columns(answers)
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

    def __post_init__(self) -> None:
        check_names(self.names, 1, "classes")
        check_stride(self.stride)
        if self.thresholds == ():
            object.__setattr__(self, "thresholds", (USUAL_THRESHOLD,) * len(self.names))
        check_thresholds(self.thresholds, len(self.names))

    @property
    def units(self) -> int:
        """One output a class, and four for the sides of a box."""
        return len(self.names) + 4

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """float32 (n, most boxes, 5): xmin, ymin, xmax, ymax and class, which is -1 for no box and -2 for a crowd."""
        most = max([1, *map(len, targets)])
        encoded = np.zeros((len(targets), most, 5), np.float32)
        encoded[:, :, 4] = NO_BOX
        for row, boxes in enumerate(targets):
            encoded[row, : len(boxes), :4] = boxes[:, :4]
            encoded[row, : len(boxes), 4] = np.where(boxes[:, 5] != 0, CROWD, boxes[:, 4])
        return encoded

    def loss(
        self,
        logits: Tensor,
        target: Tensor,
        *,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        parameters: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """What is wrong with peaks and boxes, an object; `weights` are one a class; nothing is smoothed."""
        return centernet_loss(logits, target, self.stride, weights)

    def decode(self, logits: Tensor) -> np.ndarray:
        """(n,) objects: float32 (k, 6), the highest score first, at most 300 with 0.01 or more."""
        return as_objects([boxes.numpy() for boxes in decode_peaks(logits, self.stride)])

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """No boxes."""
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
        """`count`, `count_<class>` and `boxes`: label, confidence and box of each."""
        told = [self._above_threshold(boxes) for boxes in predictions]
        return {
            "count": [len(boxes) for boxes in told],
            **{
                f"count_{name}": [int((boxes[:, 4] == index).sum()) for boxes in told]
                for index, name in enumerate(self.names)
            },
            "boxes": [[self._as_json(box) for box in boxes] for boxes in told],
        }

    def to_records(self, predictions: np.ndarray) -> list[dict[str, Any]]:
        """The columns, row by row."""
        return as_rows(self.to_columns(predictions))

    def with_threshold(self, confidence: float) -> "Detect":
        """The same threshold for each class; DataError unless it is from 0 to 1."""
        return replace(self, thresholds=(float(confidence),) * len(self.names))

    def scorer(self, predictions: np.ndarray, targets: np.ndarray) -> Scorer:
        """ap, ap50, ap75, ap_small, ap_medium, ap_large and ar as COCO has them, and count_mae.

        count_mae is how far off the number of boxes told is, a mean over images and classes.
        """
        classes = [average_precision(match_images(predictions, targets, index)) for index in range(len(self.names))]
        off = mean(self._count_errors(predictions, targets).mean(1))
        return lambda weights: {**coco_scores(classes, weights), "count_mae": off(weights)}

    def per_class(self, predictions: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """class, count, ap, ap50, and from the threshold on precision, recall, f1 and count_mae."""
        rows: list[dict[str, Any]] = []
        errors = self._count_errors(predictions, targets)
        for index, name in enumerate(self.names):
            matches = match_images(predictions, targets, index)
            ranking = rank_predictions(matches)
            precision = average_precision(matches)(np.ones(len(predictions)))[0][0]
            told = int((ranking.scores >= self.thresholds[index]).sum())
            right = int(ranking.right[:told].sum())
            row = {"class": name, "count": ranking.count, "ap": float(precision.mean()), "ap50": float(precision[0])}
            row |= {"precision": _share(right, told), "recall": _share(right, ranking.count)}
            row |= {"f1": _share(2 * right, told + ranking.count)}
            rows.append(row | {"count_mae": float(errors[:, index].mean()) if len(predictions) else float("nan")})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """The rows in which each class is to be seen."""
        there = [set(boxes[boxes[:, 5] == 0, 4].astype(int).tolist()) for boxes in targets]
        return {
            name: np.array([row for row, held in enumerate(there) if index in held], np.int64)
            for index, name in enumerate(self.names)
        }

    def is_error(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(n,) whether anything is missed or false."""
        verdicts = self._errors(predictions, targets)
        return np.array([verdict.false.any() or verdict.missed.any() for verdict in verdicts], bool)

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Nothing: no box is right in every image."""
        return np.zeros(0, np.float32)

    def baseline_predictions(self, baseline: np.ndarray, predictions: np.ndarray) -> np.ndarray:
        """No boxes."""
        return self.empty(len(predictions), (0, 0))

    def sample_loss(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """What true boxes lack to a score of 1, and the scores of false ones that are told, in sum."""
        return np.array(
            [
                float((1 - verdict.best[target[:, 5] == 0]).sum() + answer[verdict.false, 5].sum())
                for verdict, answer, target in zip(
                    self._errors(predictions, targets), predictions, targets, strict=True
                )
            ]
        )

    def uncertainty(self, predictions: np.ndarray) -> np.ndarray:
        """The share of boxes within 0.1 of their threshold among those that are told or nearly."""
        doubts: list[float] = []
        for boxes in predictions:
            above = boxes[:, 5] - np.array(self.thresholds)[boxes[:, 4].astype(int)]
            doubts.append(_share(int((np.abs(above) < 0.1).sum()), max(1, int((above > -0.1).sum()))))
        return np.array(doubts)

    def charts(self, predictions: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Precision over recall, F1 over the threshold, and how many are told over how many there are."""
        rankings = [rank_predictions(match_images(predictions, targets, index)) for index in range(len(self.names))]
        return box_charts(self.names, self.thresholds, rankings, self._counts(predictions), self._label_counts(targets))

    def describe(self, prediction: np.ndarray, target: Any) -> tuple[str, str]:
        """How many of each class are told; and how many there are, how many were missed and how many told are false."""
        verdict = find_errors(prediction, target, self.thresholds)
        missed, false = int(verdict.missed.sum()), int(verdict.false.sum())
        wrong = f"; {missed} missed, {false} false" if missed or false else ""
        told, true = self._counts(as_objects([prediction]))[0], self._label_counts(as_objects([target]))[0]
        return self._words(told), self._words(true) + wrong

    def draw(self, pixels: np.ndarray, prediction: Any, target: Any) -> np.ndarray:
        """The image with its boxes: right green, false red, missed dashed yellow; blue where the truth is not known."""
        return box_picture(pixels, prediction, target, self.names, self.thresholds)

    @property
    def object_names(self) -> tuple[str, ...]:
        """All classes."""
        return self.names

    def to_annotations(self, id: str, prediction: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """The boxes from the thresholds on."""
        boxes = self._above_threshold(prediction).astype(np.float64)
        sides = boxes[:, 2:4] - boxes[:, :2]
        values = np.column_stack([boxes[:, :5], np.zeros(len(boxes)), sides.prod(1)])
        return AnnotatedImage(id, *size, values, boxes[:, 5])

    def overlay(self, pixels: np.ndarray, prediction: np.ndarray) -> np.ndarray:
        """The image with the boxes from the thresholds on, in blue."""
        return box_picture(pixels, prediction, None, self.names, self.thresholds)

    def decode_tiles(
        self, logits: Iterable[Tensor], placements: Sequence[Placement], tiles: Sequence[Tile], size: tuple[int, int]
    ) -> np.ndarray:
        """Merges the objects of all tiles: each object once."""
        return merge_decoded(self, merge_boxes, logits, placements, tiles, size)

    def default_network(self, images: ImageStatistics, count: int, device: str, seconds: float | None) -> NetworkChoice:
        """Returns a detector."""
        return grid_network(images, count, device)

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        """Returns geometric and photometric changes that move boxes with the image."""
        return spatial_augmentation(side, hflip=hflip, rotate90=rotate90, rotate=0.0)

    def default_tta(self, hflip: bool, side: int) -> str:
        """Returns nothing: flipped grids do not align."""
        return "none"

    def calibrated(self, predictions: np.ndarray, targets: np.ndarray) -> "Detect":
        """With the threshold of each class that has the best F1 on these validation answers.

        A class keeps its threshold when no answer found one of it.
        """
        found = [
            rank_predictions(match_images(predictions, targets, index)).threshold() for index in range(len(self.names))
        ]
        best = (old if new is None else new for old, new in zip(self.thresholds, found, strict=True))
        return replace(self, thresholds=tuple(best))

    def to_json(self) -> dict[str, Any]:
        """Plain values for the model file."""
        return {"task": self.name, **asdict(self)}

    def _above_threshold(self, boxes: np.ndarray) -> np.ndarray:
        return boxes[boxes[:, 5] >= np.array(self.thresholds)[boxes[:, 4].astype(int)]]

    def _as_json(self, box: np.ndarray) -> dict[str, Any]:
        corners = [round(float(value), 1) for value in box[:4]]
        return {"label": self.names[int(box[4])], "confidence": round(float(box[5]), 4), "box": corners}

    def _counts(self, predictions: np.ndarray) -> np.ndarray:
        """(n, classes) how many boxes are told."""
        counts = [
            np.bincount(self._above_threshold(boxes)[:, 4].astype(int), minlength=len(self.names))
            for boxes in predictions
        ]
        return np.array(counts, np.int64).reshape(len(predictions), len(self.names))

    def _label_counts(self, targets: np.ndarray) -> np.ndarray:
        """(n, classes) how many there are, crowds apart."""
        counts = [np.bincount(boxes[boxes[:, 5] == 0, 4].astype(int), minlength=len(self.names)) for boxes in targets]
        return np.array(counts, np.int64).reshape(len(targets), len(self.names))

    def _count_errors(self, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return np.abs(self._counts(predictions) - self._label_counts(targets)).astype(np.float64)

    def _errors(self, predictions: np.ndarray, targets: np.ndarray) -> list[ImageErrors]:
        return [
            find_errors(answer, target, self.thresholds) for answer, target in zip(predictions, targets, strict=True)
        ]

    def _words(self, counts: np.ndarray) -> str:
        told = Counter({name: int(count) for name, count in zip(self.names, counts, strict=True) if count})
        return ", ".join(f"{count} {name}" for name, count in told.most_common()) or "none"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
