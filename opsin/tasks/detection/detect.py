"""Objects by their boxes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from opsin.data import Places
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.drawing import Chart
from opsin.drawing.boxes import box_picture
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile
from opsin.metrics.average_precision import average_precision, coco_scores
from opsin.metrics.detection import ImageErrors, find_errors, match_images, rank_predictions
from opsin.metrics.weighted import mean

from ..spatial import Told, as_rows, rows_of
from ..task import Head, Scorer
from ..tile_merging import merge_boxes
from ..validation import check_names, check_stride, check_thresholds
from .centernet import CROWD, NO_BOX, centernet_loss, decode_peaks
from .charts import box_charts

USUAL_THRESHOLD = 0.3


@dataclass(frozen=True)
class Detect:
    """Boxes of objects with a class and a score each; those from a score on, one a class, are told.

    Answers are (k, 6): xmin, ymin, xmax, ymax, class, score; targets (k, 7) as a table has them.

    >>> answers = Detect(("cat",)).empty(1, (64, 64))
    >>> Detect(("cat",)).to_columns(answers)
    {'count': [0], 'count_cat': [0], 'boxes': [[]]}
    """

    names: tuple[str, ...]
    stride: int = 4
    thresholds: tuple[float, ...] = ()

    name = "detect"
    activation = None
    monitor = ("ap", 1)
    subgroup_word = "class"

    def __post_init__(self) -> None:
        check_names(self.names, 1, "classes")
        check_stride(self.stride)
        if self.thresholds == ():
            object.__setattr__(self, "thresholds", (USUAL_THRESHOLD,) * len(self.names))
        check_thresholds(self.thresholds, len(self.names))

    @property
    def head(self) -> Head:
        """What the network gives."""
        return "grid"

    @property
    def places(self) -> Places:
        """What moves with an image."""
        return "boxes"

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

    def loss(self, raw: Tensor, target: Tensor, *, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
        """What is wrong with peaks and boxes, an object; `weights` are one a class; nothing is smoothed."""
        return centernet_loss(raw, target, self.stride, weights)

    def decode(self, raw: Tensor) -> np.ndarray:
        """(n,) objects: float32 (k, 6), the highest score first, at most 300 with 0.01 or more."""
        return rows_of([boxes.numpy() for boxes in decode_peaks(raw, self.stride)])

    def empty(self, count: int, size: tuple[int, int]) -> np.ndarray:
        """No boxes."""
        return rows_of([np.zeros((0, 6), np.float32) for _ in range(count)])

    def restore(self, raw: np.ndarray, frames: Sequence[Placement]) -> np.ndarray:
        """Boxes in pixels of the images; those that lie beside the image are left out."""
        moved = [frame.boxes_to_image(boxes).astype(np.float32) for boxes, frame in zip(raw, frames, strict=True)]
        return rows_of([boxes[(boxes[:, 2:4] > boxes[:, :2]).all(1)] for boxes in moved])

    def full(self, raw: np.ndarray, frames: Sequence[Placement]) -> np.ndarray:
        """As `restore`."""
        return self.restore(raw, frames)

    def to_columns(self, raw: np.ndarray) -> dict[str, list[Any]]:
        """`count`, `count_<class>` and `boxes`: label, confidence and box of each."""
        told = [self._above_threshold(boxes) for boxes in raw]
        return {
            "count": [len(boxes) for boxes in told],
            **{
                f"count_{name}": [int((boxes[:, 4] == index).sum()) for boxes in told]
                for index, name in enumerate(self.names)
            },
            "boxes": [[self._as_json(box) for box in boxes] for boxes in told],
        }

    def to_records(self, raw: np.ndarray) -> list[dict[str, Any]]:
        """The columns, row by row."""
        return as_rows(self.to_columns(raw))

    def with_threshold(self, confidence: float) -> "Detect":
        """The same threshold for each class; DataError unless it is from 0 to 1."""
        return replace(self, thresholds=(float(confidence),) * len(self.names))

    def scorer(self, raw: np.ndarray, targets: np.ndarray) -> Scorer:
        """ap, ap50, ap75, ap_small, ap_medium, ap_large and ar as COCO has them, and count_mae.

        count_mae is how far off the number of boxes told is, a mean over images and classes.
        """
        classes = [average_precision(match_images(raw, targets, index)) for index in range(len(self.names))]
        off = mean(self._count_errors(raw, targets).mean(1))
        return lambda weights: {**coco_scores(classes, weights), "count_mae": off(weights)}

    def per_class(self, raw: np.ndarray, targets: np.ndarray) -> list[dict[str, Any]]:
        """class, count, ap, ap50, and from the threshold on precision, recall, f1 and count_mae."""
        rows: list[dict[str, Any]] = []
        errors = self._count_errors(raw, targets)
        for index, name in enumerate(self.names):
            matches = match_images(raw, targets, index)
            ranking = rank_predictions(matches)
            precision = average_precision(matches)(np.ones(len(raw)))[0][0]
            told = int((ranking.scores >= self.thresholds[index]).sum())
            right = int(ranking.right[:told].sum())
            row = {"class": name, "count": ranking.count, "ap": float(precision.mean()), "ap50": float(precision[0])}
            row |= {"precision": _share(right, told), "recall": _share(right, ranking.count)}
            row |= {"f1": _share(2 * right, told + ranking.count)}
            rows.append(row | {"count_mae": float(errors[:, index].mean()) if len(raw) else float("nan")})
        return rows

    def subgroups(self, targets: np.ndarray) -> dict[str, np.ndarray]:
        """The rows in which each class is to be seen."""
        there = [set(boxes[boxes[:, 5] == 0, 4].astype(int).tolist()) for boxes in targets]
        return {
            name: np.array([row for row, held in enumerate(there) if index in held], np.int64)
            for index, name in enumerate(self.names)
        }

    def is_error(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """(n,) whether anything is missed or false."""
        verdicts = self._errors(raw, targets)
        return np.array([verdict.false.any() or verdict.missed.any() for verdict in verdicts], bool)

    def fit_baseline(self, train_targets: np.ndarray) -> np.ndarray:
        """Nothing: no box is right in every image."""
        return np.zeros(0, np.float32)

    def baseline_predictions(self, trivial: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """No boxes."""
        return self.empty(len(raw), (0, 0))

    def sample_loss(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """What true boxes lack to a score of 1, and the scores of false ones that are told, in sum."""
        return np.array(
            [
                float((1 - verdict.best[target[:, 5] == 0]).sum() + answer[verdict.false, 5].sum())
                for verdict, answer, target in zip(self._errors(raw, targets), raw, targets, strict=True)
            ]
        )

    def uncertainty(self, raw: np.ndarray) -> np.ndarray:
        """The share of boxes within 0.1 of their threshold among those that are told or nearly."""
        doubts: list[float] = []
        for boxes in raw:
            above = boxes[:, 5] - np.array(self.thresholds)[boxes[:, 4].astype(int)]
            doubts.append(_share(int((np.abs(above) < 0.1).sum()), max(1, int((above > -0.1).sum()))))
        return np.array(doubts)

    def charts(self, raw: np.ndarray, targets: np.ndarray) -> tuple[Chart, ...]:
        """Precision over recall, F1 over the threshold, and how many are told over how many there are."""
        rankings = [rank_predictions(match_images(raw, targets, index)) for index in range(len(self.names))]
        return box_charts(self.names, self.thresholds, rankings, self._counts(raw), self._label_counts(targets))

    def describe(self, raw: np.ndarray, target: Any) -> tuple[str, str]:
        """How many of each class are told; and how many there are, how many were missed and how many told are false."""
        verdict = find_errors(raw, target, self.thresholds)
        missed, false = int(verdict.missed.sum()), int(verdict.false.sum())
        wrong = f"; {missed} missed, {false} false" if missed or false else ""
        told, true = self._counts(rows_of([raw]))[0], self._label_counts(rows_of([target]))[0]
        return self._words(told), self._words(true) + wrong

    def draw(self, pixels: np.ndarray, raw: Any, target: Any) -> np.ndarray:
        """The image with its boxes: right green, false red, missed dashed yellow; blue where the truth is not known."""
        return box_picture(pixels, raw, target, self.names, self.thresholds)

    @property
    def told(self) -> Told:
        """What answers are made of."""
        return "boxes"

    @property
    def object_names(self) -> tuple[str, ...]:
        """All classes."""
        return self.names

    def to_annotations(self, id: str, answer: np.ndarray, size: tuple[int, int]) -> AnnotatedImage:
        """The boxes from the thresholds on."""
        boxes = self._above_threshold(answer).astype(np.float64)
        sides = boxes[:, 2:4] - boxes[:, :2]
        values = np.column_stack([boxes[:, :5], np.zeros(len(boxes)), sides.prod(1)])
        return AnnotatedImage(id, *size, values, boxes[:, 5])

    def overlay(self, pixels: np.ndarray, answer: np.ndarray) -> np.ndarray:
        """The image with the boxes from the thresholds on, in blue."""
        return box_picture(pixels, answer, None, self.names, self.thresholds)

    def merge_tiles(self, answers: Sequence[np.ndarray], windows: Sequence[Tile], size: tuple[int, int]) -> np.ndarray:
        """Boxes of all windows, each object once."""
        return merge_boxes(answers, windows, size)

    def calibrated(self, raw: np.ndarray, targets: np.ndarray) -> "Detect":
        """With the threshold of each class that has the best F1 on these validation answers.

        A class keeps its threshold when no answer found one of it.
        """
        found = [rank_predictions(match_images(raw, targets, index)).threshold() for index in range(len(self.names))]
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

    def _counts(self, raw: np.ndarray) -> np.ndarray:
        """(n, classes) how many boxes are told."""
        counts = [
            np.bincount(self._above_threshold(boxes)[:, 4].astype(int), minlength=len(self.names)) for boxes in raw
        ]
        return np.array(counts, np.int64).reshape(len(raw), len(self.names))

    def _label_counts(self, targets: np.ndarray) -> np.ndarray:
        """(n, classes) how many there are, crowds apart."""
        counts = [np.bincount(boxes[boxes[:, 5] == 0, 4].astype(int), minlength=len(self.names)) for boxes in targets]
        return np.array(counts, np.int64).reshape(len(targets), len(self.names))

    def _count_errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return np.abs(self._counts(raw) - self._label_counts(targets)).astype(np.float64)

    def _errors(self, raw: np.ndarray, targets: np.ndarray) -> list[ImageErrors]:
        return [find_errors(answer, target, self.thresholds) for answer, target in zip(raw, targets, strict=True)]

    def _words(self, counts: np.ndarray) -> str:
        told = Counter({name: int(count) for name, count in zip(self.names, counts, strict=True) if count})
        return ", ".join(f"{count} {name}" for name, count in told.most_common()) or "none"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
