"""How training went, drawn from the rows of metrics.csv."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from opsin.drawing import Curve, Lines

from .wording import number, title_of

LOSSES = ("valid_loss", "valid_log_loss")


@dataclass(frozen=True)
class Training:
    """Curves to draw, what they say in a sentence, and the numbers behind them as text."""

    charts: tuple[Lines, ...]
    summary: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def training_of(
    metrics: Sequence[Mapping[str, Any]], monitor: tuple[str, int], settings: Mapping[str, Any] | None = None
) -> Training | None:
    """The loss and the watched score over the epochs, from two validations on; None when nothing was recorded.

    `settings` is the recipe, which says how many epochs there were to be.
    """
    if not metrics:
        return None
    name, direction = monitor
    epochs, watched = column(metrics, "epoch"), column(metrics, f"valid_{name}")
    valid = next((loss for loss in LOSSES if loss in metrics[0]), None)
    losses = [Curve("training loss", epochs, column(metrics, "train_loss"))]
    if valid is not None:
        losses.append(Curve(f"validation {title_of(valid[6:]).lower()}", epochs, column(metrics, valid)))
    caption = (
        "The loss of the training images, as they are varied in training, and of the validation images, as they are."
    )
    charts = (
        Lines("Loss", caption if valid else "The loss of the training images.", tuple(losses), "epoch", "loss"),
        Lines(
            f"Validation {title_of(name).lower()}",
            f"The score that chose the weights; {'more' if direction > 0 else 'less'} is better.",
            (Curve(title_of(name), epochs, watched),),
            "epoch",
            title_of(name).lower(),
        ),
    )
    keys = [key for key in ("epoch", "seconds", "train_loss") if key in metrics[0]]
    keys += [key for key in metrics[0] if key.startswith("valid_")]
    titles = tuple(
        key.replace("valid_", "validation ").replace("train_", "training ").replace("_", " ") for key in keys
    )
    rows = tuple(
        tuple(number(value) for value in values) for values in zip(*(column(metrics, k) for k in keys), strict=True)
    )
    summary = _summary(epochs, watched, name, direction) + _early(epochs, watched * direction, name, settings or {})
    return Training(charts if len(metrics) > 1 else (), summary, titles, rows)


def stopped_early(reached: float, planned: float, stale: int, patience: int | None, score: str) -> str | None:
    """That training ended before its time and why, in words; None when it did not.

    >>> stopped_early(21.0, 60, 15, 15, "accuracy")
    'stopped after epoch 21 of 60: 15 validations in a row brought no better accuracy'
    """
    if patience is None or stale < patience or reached >= planned - 1e-6:
        return None
    worse = f"{patience} validations in a row brought no better {title_of(score).lower()}"
    return f"stopped after epoch {reached:.4g} of {planned:.4g}: {worse}"


def column(metrics: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    """One column as numbers; nan where a row has none."""
    return np.array([_float(row.get(name)) for row in metrics])


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _early(epochs: np.ndarray, watched: np.ndarray, name: str, settings: Mapping[str, Any]) -> str:
    """A sentence when training ended before its time."""
    best = np.maximum.accumulate(watched)
    last = int(np.argmax(best == best[-1]))  # the first to reach it: an equal score is no better one
    planned, patience = settings.get("epochs"), settings.get("patience")
    if planned is None:
        return ""
    line = stopped_early(float(epochs[-1]), float(planned), len(watched) - 1 - last, patience, name)
    return f" Training {line}." if line else ""


def _summary(epochs: np.ndarray, watched: np.ndarray, name: str, direction: int) -> str:
    length = f"{epochs[-1]:.3g} epoch{'' if epochs[-1] == 1 else 's'}" if isfinite(epochs[-1]) else "its epochs"
    start = f"The network saw the training images for {length}"
    if not np.isfinite(watched).any():
        return f"{start}. There was no validation score to choose the best weights by."
    scored = np.where(np.isfinite(watched), watched * direction, -np.inf)
    best = len(scored) - 1 - int(scored[::-1].argmax())
    where = "at the end" if best == len(scored) - 1 else f"after epoch {epochs[best]:.3g}"
    score = f"a validation {title_of(name).lower()} of {number(float(watched[best]))}"
    return f"{start}; the weights that were kept are those {where}, with {score}."
