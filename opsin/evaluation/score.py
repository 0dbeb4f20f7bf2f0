"""Scores with 95 % intervals from a bootstrap over groups."""

import math
from typing import Any, Self

import numpy as np

from opsin.core import numpy_generator
from opsin.tasks import Task

from .predictions import Predictions

_MOST_WORK = 200_000_000  # rows x outputs x replicates: about ten seconds
_SHARES = ("accuracy", "balanced_accuracy", "macro_f1", "auroc")


class Score(float):
    """A score with its 95 % confidence interval. It is a number: it compares, computes and formats as its value.

    Attributes:
        low: Lower end of the interval.
        high: Upper end of the interval.

    Examples:
        >>> accuracy = Score(0.931, 0.926, 0.936)
        >>> accuracy > 0.9, f"{accuracy:.2f}", accuracy.low
        (True, '0.93', 0.926)
    """

    low: float
    high: float

    def __new__(cls, value: float, low: float, high: float) -> Self:
        score = super().__new__(cls, value)
        score.low, score.high = low, high
        return score

    @property
    def value(self) -> float:
        """The score as a plain number."""
        return float(self)

    def __reduce__(self) -> tuple[Any, ...]:  # for copies
        return Score, (self.value, self.low, self.high)

    def __repr__(self) -> str:
        return f"Score({self.value!r}, {self.low!r}, {self.high!r})"

    def __str__(self) -> str:
        """Returns a text such as "0.931 (0.926 to 0.936)"."""
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"

    def to_json(self) -> dict[str, float | None]:
        """Returns value, low and high by name; None where the score is not defined."""
        parts = {"value": self.value, "low": self.low, "high": self.high}
        return {name: part if math.isfinite(part) else None for name, part in parts.items()}


def score(predictions: Predictions, task: Task, *, seed: int = 0, replicates: int = 1000) -> dict[str, Score]:
    """Computes all scores of a task with bootstrap percentile intervals (Efron 1979).

    Groups are resampled, or rows where there are no groups. A replicate in which a score is not defined (no positive
    row, for example) is left out of its interval. Where all rows are right, or all wrong, resampling gives no width;
    the interval is then the binomial bound of Clopper and Pearson (1934) for the number of groups. Where the bias of
    the bootstrap is above a quarter of its standard deviation (Efron and Tibshirani 1993, 10.3), as for the calibration
    error of a calibrated model, the interval is the union of the basic interval and the percentile interval moved by
    the bias.

    Args:
        predictions: Predictions and targets; all rows are scored.
        task: The task.
        seed: Seed of the resampling.
        replicates: Number of replicates; fewer, but at least 200, for very many values.

    Returns:
        Scores by name; empty without rows.

    Examples:
        >>> from opsin.tasks import Classify
        >>> split, outputs = np.array(["test", "test"]), np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> rows = Predictions(("a", "b"), None, split, np.array([0, 1]), outputs)
        >>> print(score(rows, Classify(("x", "y")))["accuracy"])
        1 (0.1581 to 1)
    """
    if not predictions.ids:
        return {}
    of_weights = task.scorer(predictions.predictions, predictions.targets)
    plain = of_weights(np.ones(len(predictions.ids)))
    groups = np.arange(len(predictions.ids)) if predictions.groups is None else predictions.groups
    number = np.unique(groups, return_inverse=True)[1]
    count = int(number.max()) + 1
    generator = numpy_generator(seed, "bootstrap")
    drawn: dict[str, list[float]] = {name: [] for name in plain}
    for _ in range(replicates_for(predictions.values, replicates)):
        times = np.bincount(generator.integers(count, size=count), minlength=count)
        for name, value in of_weights(times[number].astype(np.float64)).items():
            drawn[name].append(value)
    return {name: Score(value, *_interval(name, value, np.array(drawn[name]), count)) for name, value in plain.items()}


def replicates_for(values: int, asked: int = 1000) -> int:
    """Returns the number of replicates for a number of values, at most `asked`.

    Args:
        values: Number of values to score, from `Predictions.values`.
        asked: Wanted number of replicates.

    Examples:
        >>> replicates_for(100), replicates_for(10**9)
        (1000, 200)
    """
    return min(asked, max(200, _MOST_WORK // max(1, values)))


def _interval(name: str, value: float, drawn: np.ndarray, count: int) -> tuple[float, float]:
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = (float(end) for end in np.percentile(known, (2.5, 97.5)))
    if name in _SHARES and low == high == value and value in (0.0, 1.0):
        bound = 0.025 ** (1 / count)
        return (bound, 1.0) if value else (0.0, 1 - bound)
    bias = float(known.mean()) - value
    if abs(bias) > known.std() / 4:
        low, high = min(2 * value - high, low - bias), max(2 * value - low, high - bias)
        return max(low, min(0.0, known.min())), min(high, max(1.0, known.max()))
    return low, high
