"""The answers to look at: the most wrong and the least sure, with their pictures."""

from dataclasses import dataclass

import numpy as np

from .content import ReportContent
from .pictures import picture
from .samples import pixels_by_id

MOST = 12
SIDE, SIDE_OF_PLACES = 176, 960


@dataclass(frozen=True)
class ErrorCase:
    """One image with what was answered, what is true and where it is from."""

    picture: str | None
    answer: str
    truth: str
    id: str
    wrong: bool


@dataclass(frozen=True)
class ErrorCases:
    """The worst mistakes and the least sure answers; `wrong` of `count` answers are wrong, None when none can be."""

    worst: tuple[ErrorCase, ...]
    unsure: tuple[ErrorCase, ...]
    wrong: int | None
    count: int


def error_cases(facts: ReportContent) -> ErrorCases:
    """The rows with the highest surprise, wrong ones only where an answer is right or wrong, and the highest doubt."""
    kept, task = facts.answers.predictions, facts.answers.task
    ids, predictions, targets = kept.ids, kept.predictions, kept.targets
    if not ids:
        return ErrorCases((), (), None, 0)
    wrong = task.is_error(predictions, targets)
    surprise = np.nan_to_num(task.sample_loss(predictions, targets), nan=np.inf, posinf=np.inf)
    ranked = np.argsort(-surprise, kind="stable")
    worst = (ranked if wrong is None else ranked[wrong[ranked]])[:MOST]
    doubt = task.uncertainty(predictions)
    unsure = np.argsort(-doubt, kind="stable")[:MOST] if doubt.any() else np.zeros(0, int)
    pixels = pixels_by_id(facts.data, [ids[row] for row in (*worst, *unsure)], task)
    side = SIDE if task.places == "none" else SIDE_OF_PLACES

    def case(row: int) -> ErrorCase:
        answer, truth = task.describe(predictions[row], targets[row])
        id = ids[row]
        seen = picture(task.draw(pixels[id], predictions[row], targets[row]), side) if id in pixels else None
        return ErrorCase(seen, answer, truth, id, wrong is not None and bool(wrong[row]))

    return ErrorCases(
        tuple(case(int(row)) for row in worst),
        tuple(case(int(row)) for row in unsure),
        None if wrong is None else int(wrong.sum()),
        len(ids),
    )
