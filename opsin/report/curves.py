"""Training curves, drawn from the rows of metrics.csv."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from opsin.drawing import Curve, Lines

from .wording import number, phrase_of, title_of

LOSSES = ("valid_loss", "valid_log_loss")


@dataclass(frozen=True)
class Training:
    """Training curves, a summary in one or two sentences, and the values of the curves as a table of text."""

    charts: tuple[Lines, ...]
    summary: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def training_of(
    metrics: Sequence[Mapping[str, Any]], monitor: tuple[str, int], settings: Mapping[str, Any] | None = None
) -> Training | None:
    """Builds the curves of the loss and of the monitored score over the epochs.

    Args:
        metrics: Rows of metrics.csv, one per validation.
        monitor: Name of the monitored score, and 1 when higher is better or -1 when lower is better.
        settings: The recipe, with the planned number of epochs and the patience of early stopping.

    Returns:
        The curves, empty with fewer than two validations; None when nothing was recorded.
    """
    if not metrics:
        return None
    name, direction = monitor
    epochs, monitored = column(metrics, "epoch"), column(metrics, f"valid_{name}")
    valid = next((loss for loss in LOSSES if loss in metrics[0]), None)
    losses = [Curve("training loss", epochs, column(metrics, "train_loss"))]
    if valid is not None:
        losses.append(Curve(f"validation {phrase_of(valid[6:])}", epochs, column(metrics, valid)))
    caption = "Loss on the training images (with augmentation) and on the validation images (without)."
    charts = (
        Lines("Loss", caption if valid else "Loss on the training images.", tuple(losses), "epoch", "loss"),
        Lines(
            f"Validation {phrase_of(name)}",
            f"The weights with the best value are kept; {'higher' if direction > 0 else 'lower'} is better.",
            (Curve(title_of(name), epochs, monitored),),
            "epoch",
            phrase_of(name),
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
    summary = _summary(epochs, monitored, name, direction)
    summary += _early_stop(epochs, monitored * direction, name, settings or {})
    return Training(charts if len(metrics) > 1 else (), summary, titles, rows)


def stopped_early(reached: float, planned: float, stale: int, patience: int | None, score: str) -> str | None:
    """Describes early stopping.

    Args:
        reached: Epochs trained.
        planned: Epochs planned.
        stale: Validations in a row without a better score.
        patience: Validations without a better score that end training; None for no early stopping.
        score: Name of the monitored score.

    Returns:
        The reason in words; None when training did not stop early.

    Examples:
        >>> stopped_early(21.0, 60, 15, 15, "accuracy")
        'stopped after epoch 21 of 60: no better accuracy in 15 validations'
    """
    if patience is None or stale < patience or reached >= planned - 1e-6:
        return None
    reason = f"no better {phrase_of(score)} in {patience} validations"
    return f"stopped after epoch {reached:.4g} of {planned:.4g}: {reason}"


def column(metrics: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    """Returns one column as float64 (n,); nan where a row has no number."""
    return np.array([_float(row.get(name)) for row in metrics])


def _float(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def _early_stop(epochs: np.ndarray, monitored: np.ndarray, name: str, settings: Mapping[str, Any]) -> str:
    """Returns a sentence about early stopping; empty when training did not stop early."""
    best = np.maximum.accumulate(monitored)
    last = int(np.argmax(best == best[-1]))  # the first with the best score: an equal score is no improvement
    planned, patience = settings.get("epochs"), settings.get("patience")
    if planned is None:
        return ""
    line = stopped_early(float(epochs[-1]), float(planned), len(monitored) - 1 - last, patience, name)
    return f" Training {line}." if line else ""


def _summary(epochs: np.ndarray, monitored: np.ndarray, name: str, direction: int) -> str:
    length = f" for {epochs[-1]:.3g} epoch{'' if epochs[-1] == 1 else 's'}" if isfinite(epochs[-1]) else ""
    start = f"The network was trained{length}"
    if not np.isfinite(monitored).any():
        return f"{start}. Without a validation score the last weights were kept."
    scored = np.where(np.isfinite(monitored), monitored * direction, -np.inf)
    best = len(scored) - 1 - int(scored[::-1].argmax())
    where = "of the last validation" if best == len(scored) - 1 else f"after epoch {epochs[best]:.3g}"
    score = f"a validation {phrase_of(name)} of {number(float(monitored[best]))}"
    return f"{start}. The weights {where} were kept, with {score}."
