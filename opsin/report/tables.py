"""The tables of the page as text and shares: scores, confusion, classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

import numpy as np

from opsin.drawing import Matrix
from opsin.evaluation import Score

from .wording import IN_UNITS, WORDS, number, score_number, title_of

MOST_NAMES = 30
MOST_PAIRS = 20
WEAKEST = 20


@dataclass(frozen=True)
class ScoreRow:
    """One score in words; `bar` is where low, value, high and the baseline lie on a line from 0 to 100, or None.

    `before` is the score on the test split of the model's own training, where an evaluation knows it.
    """

    title: str
    meaning: str
    value: str
    interval: str
    baseline: str
    before: str
    bar: tuple[float, float, float, float | None] | None


@dataclass(frozen=True)
class Cell:
    """A count, its share of its row in steps of a tenth, and whether it is on the diagonal."""

    count: int
    tenths: int
    right: bool


@dataclass(frozen=True)
class Pair:
    """A truth that got another answer: how often, and in what share of the truth's images."""

    truth: str
    answer: str
    count: int
    share: float


@dataclass(frozen=True)
class ClassTable:
    """A row a class as text, the number behind each cell that is a share, and how many rows are shown first."""

    titles: tuple[str, ...]
    rows: tuple[tuple[tuple[str, float | None], ...], ...]
    shown: int


def score_rows(
    scores: Mapping[str, Score], baseline: Mapping[str, Score], before: Mapping[str, Score]
) -> tuple[ScoreRow, ...]:
    """Every score beside the trivial answer's, and the one that the model had before."""
    return tuple(_score_row(name, score, baseline.get(name), before.get(name)) for name, score in scores.items())


def _score_row(name: str, score: Score, trivial: Score | None, before: Score | None) -> ScoreRow:
    _, meaning, direction = WORDS.get(name, ("", "", 0))
    better = {1: "more is better", -1: "less is better", 0: ""}[direction]
    known = isfinite(score.low) and isfinite(score.high)
    return ScoreRow(
        title_of(name),
        "; ".join(part for part in (meaning, better) if part),
        score_number(name, score.value),
        f"{score_number(name, score.low)} to {score_number(name, score.high)}" if known else "not defined",
        "" if trivial is None else score_number(name, trivial.value),
        "" if before is None else score_number(name, before.value),
        _bar(score, None if trivial is None or not isfinite(trivial.value) else trivial.value),
    )


def _bar(score: Score, trivial: float | None) -> tuple[float, float, float, float | None] | None:
    values = [score.low, score.value, score.high]
    if not all(isfinite(value) for value in values):
        return None
    most = max([*values, trivial or 0.0])
    top = 1.0 if most <= 1 else most * 1.05
    low, middle, high = (100 * min(1.0, max(0.0, value / top)) for value in values)
    return low, middle, high, None if trivial is None else 100 * min(1.0, max(0.0, trivial / top))


def confusion(matrix: Matrix) -> tuple[tuple[Cell, ...], ...]:
    """Every cell, when there are at most 30 names; else nothing."""
    if len(matrix.names) > MOST_NAMES:
        return ()
    sums = matrix.values.sum(1, keepdims=True)
    tenths = np.ceil(10 * matrix.values / np.maximum(sums, 1)).astype(int)
    return tuple(
        tuple(Cell(int(count), int(tenths[i, j]), i == j) for j, count in enumerate(row))
        for i, row in enumerate(matrix.values)
    )


def confused_pairs(matrix: Matrix) -> tuple[Pair, ...]:
    """The cells off the diagonal with the highest counts."""
    values = matrix.values.copy()
    np.fill_diagonal(values, 0)
    order = np.argsort(-values, axis=None, kind="stable")[:MOST_PAIRS]
    sums = matrix.values.sum(1)
    places = ((int(place) // len(matrix.names), int(place) % len(matrix.names)) for place in order)
    return tuple(
        Pair(matrix.names[i], matrix.names[j], int(values[i, j]), float(values[i, j] / sums[i]))
        for i, j in places
        if values[i, j] > 0
    )


def class_table(rows: Sequence[Mapping[str, Any]]) -> ClassTable | None:
    """A task's rows; when there are over 30, the weakest 20 by the last column come first, then all the others."""
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
