"""Charts of detectors: precision over recall, F1 over the threshold, predicted counts over labelled counts."""

from collections.abc import Sequence

import numpy as np

from opsin.drawing import Chart, Curve, Lines, Matrix, Points
from opsin.metrics.detection import RankedPredictions

NOTHING = "no object"
_STEPS = 200
_MOST_CLASSES = 4


def box_confusion(names: Sequence[str], table: np.ndarray) -> Matrix:
    """Returns the confusion matrix of boxes.

    Args:
        names: Class names.
        table: (classes + 1, classes + 1) counts, as `opsin.metrics.detection.confusion` returns them.
    """
    caption = (
        "Number of boxes above their thresholds by ground truth (rows) and predicted class (columns), matched at an "
        f"IoU of 0.5; the diagonal is correct. Row {NOTHING}: false positives. Column {NOTHING}: missed objects."
    )
    return Matrix("Confusion matrix of boxes", caption, table, (*names, NOTHING), "ground truth", "prediction")


def box_charts(
    names: Sequence[str],
    thresholds: Sequence[float],
    rankings: Sequence[RankedPredictions],
    predicted_counts: np.ndarray,
    label_counts: np.ndarray,
) -> tuple[Chart, ...]:
    """Returns the charts of a detector.

    Args:
        names: Class names.
        thresholds: Confidence threshold of each class.
        rankings: Ranked predictions of each class.
        predicted_counts: Number of boxes above the threshold, (n, classes).
        label_counts: Number of ground-truth boxes, (n, classes).

    Returns:
        Precision over recall, F1 over the threshold, and counts of each class, or of all where there are many classes.
    """
    by_class = list(zip(names, thresholds, rankings, strict=True))
    precision = Lines(
        "Precision and recall",
        "Precision: share of predicted boxes that are correct. Recall: share of ground-truth boxes that are detected. "
        "From right to left the threshold rises. A box is correct if its IoU with a ground-truth box is 0.5 or more.",
        tuple(_precision(name, ranking) for name, _, ranking in by_class if ranking.count and len(ranking.scores)),
        "recall",
        "precision",
    )
    f1 = Lines(
        "F1 over the threshold",
        "Harmonic mean of precision and recall at each confidence threshold. Thresholds in use: "
        + ", ".join(f"{name} {threshold:.2f}" for name, threshold, _ in by_class[:12])
        + (" and more." if len(by_class) > 12 else "."),
        tuple(_f1(name, ranking) for name, _, ranking in by_class if ranking.count and len(ranking.scores)),
        "threshold",
        "F1",
    )
    return precision, f1, *_counts(names, predicted_counts, label_counts)


def _precision(name: str, ranking: RankedPredictions) -> Curve:
    chosen = np.unique(np.linspace(0, len(ranking.scores) - 1, _STEPS).astype(int))
    return Curve(name, ranking.recall()[chosen], ranking.precision()[chosen])


def _f1(name: str, ranking: RankedPredictions) -> Curve:
    thresholds = np.linspace(0, 1, 101)
    above = np.searchsorted(-ranking.scores, -thresholds, "right")
    return Curve(name, thresholds, np.concatenate(([0.0], ranking.f1()))[above])


def _counts(names: Sequence[str], predicted: np.ndarray, labelled: np.ndarray) -> list[Points]:
    """Returns one chart per class, or one of the sums over many classes."""
    caption = "Predicted counts over labelled counts, one dot per image; on the diagonal both are equal."
    if len(names) > _MOST_CLASSES:
        names, predicted, labelled = ("objects",), predicted.sum(1, keepdims=True), labelled.sum(1, keepdims=True)
    return [
        Points(
            f"{name}: counts",
            caption,
            labelled[:, index].astype(np.float64),
            predicted[:, index].astype(np.float64),
            "ground truth",
            "prediction",
            True,
        )
        for index, name in enumerate(names)
    ]
