"""What there is to draw about boxes: precision over recall, F1 over the threshold, numbers told over true ones."""

from collections.abc import Sequence

import numpy as np

from opsin.drawing import Chart, Curve, Lines, Points
from opsin.metrics.detection import RankedPredictions

_STEPS = 200
_MOST_CLASSES = 4


def box_charts(
    names: Sequence[str],
    thresholds: Sequence[float],
    rankings: Sequence[RankedPredictions],
    told: np.ndarray,
    true: np.ndarray,
) -> tuple[Chart, ...]:
    """The charts for rankings a class, and numbers told and true, (n, classes)."""
    by_class = list(zip(names, thresholds, rankings, strict=True))
    precision = Lines(
        "Precision and recall",
        "From right to left fewer boxes are told, those with the highest scores: of those told the share that is right "
        "(up), of those there are the share that is found (across). A box is right when it overlaps a true one by half "
        "or more.",
        tuple(_precision(name, ranking) for name, _, ranking in by_class if ranking.count and len(ranking.scores)),
        "recall",
        "precision",
    )
    f1 = Lines(
        "F1 over the threshold",
        "Precision and recall in one number, when boxes from a score on are told. In use: "
        + ", ".join(f"{name} from {threshold:.2f}" for name, threshold, _ in by_class[:12])
        + (" and more." if len(by_class) > 12 else "."),
        tuple(_f1(name, ranking) for name, _, ranking in by_class if ranking.count and len(ranking.scores)),
        "threshold",
        "F1",
    )
    return precision, f1, *_counts(names, told, true)


def _precision(name: str, ranking: RankedPredictions) -> Curve:
    chosen = np.unique(np.linspace(0, len(ranking.scores) - 1, _STEPS).astype(int))
    return Curve(name, ranking.recall()[chosen], ranking.precision()[chosen])


def _f1(name: str, ranking: RankedPredictions) -> Curve:
    thresholds = np.linspace(0, 1, 101)
    told = np.searchsorted(-ranking.scores, -thresholds, "right")
    return Curve(name, thresholds, np.concatenate(([0.0], ranking.f1()))[told])


def _counts(names: Sequence[str], told: np.ndarray, true: np.ndarray) -> list[Points]:
    """A chart a class, or one of their sums when there are many classes."""
    caption = "A dot an image; on the diagonal as many are told as there are."
    if len(names) > _MOST_CLASSES:
        names, told, true = ("objects",), told.sum(1, keepdims=True), true.sum(1, keepdims=True)
    return [
        Points(
            f"{name}: how many",
            caption,
            true[:, index].astype(np.float64),
            told[:, index].astype(np.float64),
            f"true number of {name}",
            "number told",
            True,
        )
        for index, name in enumerate(names)
    ]
