"""Predictions to inspect: the largest errors and the least confident predictions, with their images."""

from dataclasses import dataclass

import numpy as np

from .content import ReportContent
from .pictures import picture
from .samples import pixels_by_id

MOST = 12
SIDE, SIDE_OF_SPATIAL = 176, 960
"""Maximum side in pixels of an image, and of an image with boxes or masks drawn on it."""


@dataclass(frozen=True)
class ErrorCase:
    """One image with its prediction and ground truth as text; `picture` is a data URI."""

    picture: str | None
    prediction: str
    ground_truth: str
    id: str
    is_error: bool


@dataclass(frozen=True)
class ErrorCases:
    """The largest errors and the least confident predictions.

    Attributes:
        worst: The errors with the highest loss; of a regression the predictions with the highest loss.
        unsure: The predictions with the highest uncertainty; empty when the task has no uncertainty.
        errors: Number of errors; None for a task without a notion of a wrong prediction, such as regression.
        count: Number of predictions.
    """

    worst: tuple[ErrorCase, ...]
    unsure: tuple[ErrorCase, ...]
    errors: int | None
    count: int


def error_cases(content: ReportContent) -> ErrorCases:
    """Selects the errors with the highest loss and the predictions with the highest uncertainty, at most 12 of each."""
    kept, task = content.predictions.predictions, content.predictions.task
    ids, predictions, targets = kept.ids, kept.predictions, kept.targets
    if not ids:
        return ErrorCases((), (), None, 0)
    is_error = task.is_error(predictions, targets)
    loss = np.nan_to_num(task.sample_loss(predictions, targets), nan=np.inf, posinf=np.inf)
    ranked = np.argsort(-loss, kind="stable")
    worst = (ranked if is_error is None else ranked[is_error[ranked]])[:MOST]
    uncertainty = task.uncertainty(predictions)
    unsure = np.argsort(-uncertainty, kind="stable")[:MOST] if uncertainty.any() else np.zeros(0, int)
    pixels = pixels_by_id(content.data, [ids[row] for row in (*worst, *unsure)], task)
    side = SIDE if not task.output.is_spatial else SIDE_OF_SPATIAL

    def case(row: int) -> ErrorCase:
        prediction, ground_truth = task.describe(predictions[row], targets[row])
        id = ids[row]
        image = picture(task.draw(pixels[id], predictions[row], targets[row]), side) if id in pixels else None
        return ErrorCase(image, prediction, ground_truth, id, is_error is not None and bool(is_error[row]))

    return ErrorCases(
        tuple(case(int(row)) for row in worst),
        tuple(case(int(row)) for row in unsure),
        None if is_error is None else int(is_error.sum()),
        len(ids),
    )
