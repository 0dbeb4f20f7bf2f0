"""Return values of the verbs."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsin.evaluation import Predictions, Score
from opsin.report import Verdict
from opsin.report.check_page import ClassCounts, DataFacts


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
        linear_baseline: Scores of a linear model on pretrained features; empty where there is none.
        note: One line on the choice between the trained network and the linear model; empty for the usual one.
    """

    folder: Path
    model: Path
    report: Path
    task: str
    seconds: float
    scores: dict[str, Score]
    baseline: dict[str, Score]
    verdict: Verdict | None = None
    linear_baseline: dict[str, Score] = field(default_factory=dict[str, Score])
    note: str = ""


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model on labelled images.

    Attributes:
        scores: Scores by name.
        baseline: Scores of the baseline, which ignores the image.
        predictions: Predictions that the scores were computed from.
        report: HTML report, when one was asked for.
        linear_baseline: Scores of a linear model on pretrained features; empty where there is none.
    """

    scores: dict[str, Score]
    baseline: dict[str, Score]
    predictions: Predictions
    report: Path | None = None
    linear_baseline: dict[str, Score] = field(default_factory=dict[str, Score])


@dataclass(frozen=True)
class DataCheck:
    """A data set as it was read.

    Attributes:
        facts: Format, task, number of images, splits, sizes and notes.
        counts: Counts by class and split.
        page: HTML page with pictures.
    """

    facts: DataFacts
    counts: ClassCounts
    page: Path

    @property
    def format(self) -> str:
        """Name of the format, such as "class folders" or "COCO"."""
        return self.facts.format

    @property
    def task(self) -> str:
        """Name of the task that `opsin.train` chooses."""
        return self.facts.task

    @property
    def images(self) -> int:
        """Number of images."""
        return self.facts.images

    @property
    def classes(self) -> dict[str, int]:
        """Number of images, boxes or objects of each class, label or number."""
        return {name: sum(by_split.values()) for name, by_split in self.counts.counts.items()}

    @property
    def splits(self) -> dict[str, int]:
        """Number of images of each given split; empty where the data give none."""
        return self.facts.splits

    @property
    def notes(self) -> tuple[str, ...]:
        """Findings, one line each."""
        return self.facts.notes

    def to_json(self) -> dict[str, Any]:
        """Returns plain values: format, task, images, classes, splits, sizes, notes and page."""
        return {
            "format": self.format,
            "task": self.task,
            "images": self.images,
            "classes": self.classes,
            "splits": self.splits,
            "sizes": self.facts.sizes,
            "notes": list(self.notes),
            "page": str(self.page),
        }
