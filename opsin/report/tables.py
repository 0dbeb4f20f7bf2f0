"""Tables of the page: metrics, confusion matrix, most confused pairs, metrics of each class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

import numpy as np

from opsin.drawing import Matrix
from opsin.evaluation import Score

from .wording import CALIBRATION, IN_UNITS, WORDS, number, score_number, title_of

MOST_NAMES = 30
MOST_PAIRS = 20
WEAKEST = 20


@dataclass(frozen=True)
class ScoreRow:
    """One row of the table of metrics.

    Attributes:
        title: Name of the metric.
        meaning: Definition of the metric in a few words.
        value: Value as text.
        interval: 95 % confidence interval as text.
        baseline: Value of the baseline as text.
        linear: Value of the linear model on pretrained features, with its interval, as text.
        before: Value on the test split of the model's own training, for an evaluation.
        bar: Positions of low, value, high and baseline on a scale from 0 to 100; None when they are not finite.
    """

    title: str
    meaning: str
    value: str
    interval: str
    baseline: str
    linear: str
    before: str
    bar: tuple[float, float, float, float | None] | None


@dataclass(frozen=True)
class Cell:
    """A cell of a confusion matrix: its count, its share of the row in tenths, and True on the diagonal."""

    count: int
    tenths: int
    is_correct: bool


@dataclass(frozen=True)
class Pair:
    """A confused pair of classes: number of images, and their share of the images of the ground-truth class."""

    ground_truth: str
    prediction: str
    count: int
    share: float


@dataclass(frozen=True)
class ClassTable:
    """The metrics of each class.

    Attributes:
        titles: Title of each column.
        rows: Cells as text, with the percentage of a share or None.
        shown: Number of rows that are not folded.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[tuple[str, float | None], ...], ...]
    shown: int


def score_rows(
    scores: Mapping[str, Score],
    baseline: Mapping[str, Score],
    before: Mapping[str, Score],
    linear: Mapping[str, Score],
) -> tuple[ScoreRow, ...]:
    """Builds the table of metrics, compared with the baselines and with the metrics of the model's own training."""
    return tuple(
        _score_row(name, score, None if name in CALIBRATION else baseline.get(name), before.get(name), linear.get(name))
        for name, score in scores.items()
    )


def _score_row(name: str, score: Score, baseline: Score | None, before: Score | None, linear: Score | None) -> ScoreRow:
    _, meaning, direction = WORDS.get(name, ("", "", 0))
    better = {1: "higher is better", -1: "lower is better", 0: ""}[direction]
    known = isfinite(score.low) and isfinite(score.high)
    return ScoreRow(
        title_of(name),
        "; ".join(part for part in (meaning, better) if part),
        score_number(name, score.value),
        f"{score_number(name, score.low)} to {score_number(name, score.high)}" if known else "not defined",
        "" if baseline is None else score_number(name, baseline.value),
        "" if linear is None else _with_interval(name, linear),
        "" if before is None else score_number(name, before.value),
        _bar(score, None if baseline is None or not isfinite(baseline.value) else baseline.value),
    )


def _with_interval(name: str, score: Score) -> str:
    value, low, high = (score_number(name, number) for number in (score.value, score.low, score.high))
    return f"{value} ({low} to {high})" if isfinite(score.low) and isfinite(score.high) else value


def _bar(score: Score, baseline: float | None) -> tuple[float, float, float, float | None] | None:
    values = [score.low, score.value, score.high]
    if not all(isfinite(value) for value in values):
        return None
    most = max([*values, baseline or 0.0])
    top = 1.0 if most <= 1 else most * 1.05
    low, middle, high = (100 * min(1.0, max(0.0, value / top)) for value in values)
    return low, middle, high, None if baseline is None else 100 * min(1.0, max(0.0, baseline / top))


def confusion(matrix: Matrix) -> tuple[tuple[Cell, ...], ...]:
    """Returns the cells of a confusion matrix; empty for more than 30 classes."""
    if len(matrix.names) > MOST_NAMES:
        return ()
    sums = matrix.values.sum(1, keepdims=True)
    tenths = np.ceil(10 * matrix.values / np.maximum(sums, 1)).astype(int)
    return tuple(
        tuple(Cell(int(count), int(tenths[i, j]), i == j) for j, count in enumerate(row))
        for i, row in enumerate(matrix.values)
    )


def confused_pairs(matrix: Matrix) -> tuple[Pair, ...]:
    """Returns the pairs of classes that are confused most often, at most 20."""
    values = matrix.values.copy()
    np.fill_diagonal(values, 0)
    order = np.argsort(-values, axis=None, kind="stable")[:MOST_PAIRS]
    sums = matrix.values.sum(1)
    cells = ((int(cell) // len(matrix.names), int(cell) % len(matrix.names)) for cell in order)
    return tuple(
        Pair(matrix.names[i], matrix.names[j], int(values[i, j]), float(values[i, j] / sums[i]))
        for i, j in cells
        if values[i, j] > 0
    )


def class_table(rows: Sequence[Mapping[str, Any]]) -> ClassTable | None:
    """Builds the table of metrics of each class; None without rows.

    Of more than 30 classes the 20 with the lowest value in the last column come first, and the others are folded.
    """
    if not rows:
        return None
    titles = tuple(rows[0])
    ordered = list(rows)
    if len(rows) > MOST_NAMES:
        ordered.sort(key=lambda row: _rank(row[titles[-1]]))
    shares = {title for title in titles if title not in IN_UNITS and _are_shares([row[title] for row in rows])}
    cells = tuple(tuple(_cell(row[title], title in shares) for title in titles) for row in ordered)
    return ClassTable(tuple(map(title_of, titles)), cells, len(rows) if len(rows) <= MOST_NAMES else WEAKEST)


def _rank(value: Any) -> float:
    return float("inf") if isinstance(value, str) or isnan(value) else float(value)


def _are_shares(values: Sequence[Any]) -> bool:
    return all(isinstance(value, float) and (isnan(value) or 0 <= value <= 1) for value in values)


def _cell(value: Any, is_share: bool) -> tuple[str, float | None]:
    if isinstance(value, float):
        return number(value), value * 100 if is_share and isfinite(value) else None
    return (f"{value:,}", None) if isinstance(value, int) else (str(value), None)
