"""The answers to look at: the most wrong and the least sure, with their pictures."""

from dataclasses import dataclass

import numpy as np

from .facts import ReportFacts
from .pictures import picture
from .samples import pixels_by_id

MOST = 12
SIDE = 176


@dataclass(frozen=True)
class Case:
    """One image with what was answered, what is true and where it is from."""

    picture: str | None
    answer: str
    truth: str
    id: str
    wrong: bool


@dataclass(frozen=True)
class Cases:
    """The worst mistakes and the least sure answers; `wrong` of `count` answers are wrong, None for numbers."""

    worst: tuple[Case, ...]
    unsure: tuple[Case, ...]
    wrong: int | None
    count: int


def cases_of(facts: ReportFacts) -> Cases:
    """The rows with the highest surprise, wrong ones only where an answer is right or wrong, and the highest doubt."""
    answers = facts.answers
    predictions, task = answers.predictions, answers.task
    raw, targets = predictions.raw, predictions.targets
    if not predictions.ids:
        return Cases((), (), None, 0)
    wrong = _wrong(facts)
    surprise = np.nan_to_num(task.surprise(raw, targets), nan=np.inf, posinf=np.inf)
    ranked = np.argsort(-surprise, kind="stable")
    worst = ranked[wrong[ranked]][:MOST]
    doubt = task.doubt(raw)
    unsure = np.argsort(-doubt, kind="stable")[:MOST] if doubt.any() else np.zeros(0, int)
    pixels = pixels_by_id(facts.data, [predictions.ids[row] for row in (*worst, *unsure)])

    def case(row: int) -> Case:
        answer, truth = task.describe(raw[row], targets[row])
        id = predictions.ids[row]
        seen = picture(pixels[id], SIDE) if id in pixels else None
        return Case(seen, answer, truth, id, bool(wrong[row]))

    has_right = facts.data.table.target.kind != "numbers"
    return Cases(
        tuple(case(int(row)) for row in worst),
        tuple(case(int(row)) for row in unsure),
        int(wrong.sum()) if has_right else None,
        len(predictions.ids),
    )


def _wrong(facts: ReportFacts) -> np.ndarray:
    """(n,) whether each answer is wrong; numbers always are, more or less."""
    answers, kind = facts.answers, facts.data.table.target.kind
    raw, targets = answers.predictions.raw, answers.predictions.targets
    if kind == "numbers":
        return np.ones(len(raw), bool)
    answer = answers.task.answer(raw)
    if kind == "classes":
        return answer.argmax(1) != targets
    return ((answer >= 0.5) != (targets >= 0.5)).any(1)
