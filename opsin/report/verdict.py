"""The verdict of a run or an evaluation in sentences: for the head of the page, and for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from opsin.evaluation import Score

from . import wording
from .content import ReportContent
from .curves import column

LAST_SHARE = 1 / 3
"""Share of a run, at its end, whose gain in the validation score shows that the score still improves."""
MORE_MINUTES, MORE_EPOCHS = 4, 2
"""Factors on time and epochs of the suggested next run."""


@dataclass(frozen=True)
class Verdict:
    """Sentences about the main score.

    Attributes:
        summary: Main score with its interval, compared with the baseline.
        is_better: True if the whole interval is better than the baseline; None if one of them is missing.
        advice: Sentence on a validation score that still improved at the end of training; empty if it did not.
    """

    summary: str
    is_better: bool | None
    advice: str = ""


def verdict_of(content: ReportContent) -> Verdict:
    """Judges the predictions of a report on the test split."""
    section, run = content.predictions, content.run
    name, direction = section.task.monitor
    count, score, baseline = len(section.predictions.ids), section.scores.get(name), section.baseline.get(name)
    if not count or score is None:
        return Verdict("There are no scores: the data has no test split.", None)
    images = wording.plural(count, "test image" if content.model is None else "image")
    images += " not used in training" if content.model is None else ""
    better = None if baseline is None else wording.is_better(direction, score, baseline)
    summary = wording.comparison(section.task.monitor, score, baseline, images)
    if not is_improving(run.metrics, section.task.monitor, score):
        return Verdict(summary, better)
    minutes = (run.settings or {}).get("minutes")
    if minutes is not None:
        end, option, value = "time ran out", "minutes", f"{MORE_MINUTES * minutes:g}"
    else:
        epochs = column(run.metrics, "epoch")[-1]
        end, option, value = "training ended", "epochs", f"{MORE_EPOCHS * max(1, round(epochs))}"
    typed = f"{option}={value}" if run.command.startswith("opsin.") else f"--{option} {value}"
    advice = f"The validation {wording.phrase_of(name)} was still improving when {end}: try {typed}."
    return Verdict(summary, better, advice)


def is_improving(metrics: Sequence[Mapping[str, Any]], monitor: tuple[str, int], score: Score) -> bool:
    """Returns True if the last third of a training raised the best validation score by more than its standard error.

    Args:
        metrics: Rows of metrics.csv, one per validation.
        monitor: Name of the monitored score, and 1 when higher is better or -1 when lower is better.
        score: The score on the test split; a quarter of its 95 % interval estimates the standard error.

    Examples:
        >>> rows = [{"epoch": float(i), "valid_accuracy": 0.5 + 0.04 * i} for i in range(10)]
        >>> is_improving(rows, ("accuracy", 1), Score(0.86, 0.80, 0.92))
        True
        >>> is_improving(rows, ("accuracy", 1), Score(0.86, 0.40, 1.0))
        False
    """
    name, direction = monitor
    epochs, values = column(metrics, "epoch"), column(metrics, f"valid_{name}") * direction
    late = epochs > (1 - LAST_SHARE) * (epochs[-1] if len(epochs) else 0.0)
    known = np.isfinite(values)
    error = (score.high - score.low) / 4
    if not (known & late).any() or not (known & ~late).any() or not isfinite(error):
        return False
    return bool(values[known & late].max() - values[known & ~late].max() > error)
