"""Return values of the verbs."""

from dataclasses import dataclass
from pathlib import Path

from opsin.evaluation import Predictions, Score
from opsin.report import Verdict


@dataclass(frozen=True)
class Run:
    """A finished training run.

    Attributes:
        folder: Run folder.
        model: Model file.
        report: HTML report.
        task: Name of the task, such as "classify".
        seconds: Duration of the run.
        scores: Scores on the test split by name; empty without a test split.
        baseline: Scores of the baseline, which ignores the image.
        verdict: Sentences of the report on the main score; None in processes of `torchrun` that write no report.
    """

    folder: Path
    model: Path
    report: Path
    task: str
    seconds: float
    scores: dict[str, Score]
    baseline: dict[str, Score]
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on labelled images.

    Attributes:
        scores: Scores by name.
        baseline: Scores of the baseline, which ignores the image.
        predictions: Predictions that the scores were computed from.
        report: HTML report, when one was asked for.
    """

    scores: dict[str, Score]
    baseline: dict[str, Score]
    predictions: Predictions
    report: Path | None = None
