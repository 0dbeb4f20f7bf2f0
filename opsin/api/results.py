"""What the verbs give back."""

from dataclasses import dataclass
from pathlib import Path

from opsin.evaluation import Predictions, Score


@dataclass(frozen=True)
class Run:
    """What a training run left: its folder, model file, report, and scores on the test split beside the baseline's."""

    folder: Path
    model: Path
    report: Path
    task: str
    seconds: float
    scores: dict[str, Score]
    baseline: dict[str, Score]


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on labelled images, beside the trivial baseline's, and the predictions they were read from.

    `report` is the page, in a folder of its own, when one was asked for.
    """

    scores: dict[str, Score]
    baseline: dict[str, Score]
    predictions: Predictions
    report: Path | None = None
