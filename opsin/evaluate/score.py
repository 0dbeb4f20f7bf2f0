"""Scores with 95 % intervals from a bootstrap over groups."""

import math
from dataclasses import dataclass

import numpy as np

from opsin.core import numpy_generator
from opsin.tasks import Task

from .predictions import Predictions


@dataclass(frozen=True)
class Score:
    """A score and the interval that holds it in 95 of 100 samples like this one."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Such as "0.931 (0.926 to 0.936)"."""
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"

    def to_json(self) -> dict[str, float | None]:
        """Plain values; null where a score is not defined."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: part if math.isfinite(part) else None for name, part in parts.items()}


def score(predictions: Predictions, task: Task, *, seed: int = 0, replicates: int = 1000) -> dict[str, Score]:
    """Every score of the task with its percentile interval (Efron 1979), resampling groups, or rows without groups.

    A score that a replicate does not define (no positive row, say) is left out of its interval.

    >>> from opsin.tasks import Classify
    >>> rows = Predictions(("a", "b"), None, np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1]))
    >>> score(rows, Classify(("x", "y")))["accuracy"].value
    1.0
    """
    if not predictions.ids:
        return {}
    of_weights = task.scorer(predictions.raw, predictions.targets)
    plain = of_weights(np.ones(len(predictions.ids)))
    groups = np.arange(len(predictions.ids)) if predictions.groups is None else predictions.groups
    number = np.unique(groups, return_inverse=True)[1]
    count = int(number.max()) + 1
    generator = numpy_generator(seed, "bootstrap")
    drawn: dict[str, list[float]] = {name: [] for name in plain}
    for _ in range(replicates):
        times = np.bincount(generator.integers(count, size=count), minlength=count)
        for name, value in of_weights(times[number].astype(np.float64)).items():
            drawn[name].append(value)
    return {name: Score(value, *_interval(np.array(drawn[name]))) for name, value in plain.items()}


def _interval(values: np.ndarray) -> tuple[float, float]:
    known = values[~np.isnan(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, (2.5, 97.5))
    return float(low), float(high)
