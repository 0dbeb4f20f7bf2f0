"""Return values of the verbs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class DataCheck:
    """A data set as it was read.

    Attributes:
        format: Name of the format, such as "class folders" or "COCO".
        task: Name of the task that `opsin.train` chooses.
        images: Number of images.
        counts: Number of images, boxes or objects, by class and split ("no split" where none is given).
        groups: Number of images, by class, label or range of numbers, and by split.
        splits: Number of images of each given split; empty where the data give none.
        sizes: Sizes and kinds of the images, as text.
        notes: Findings, one line each.
        page: HTML page with pictures.
        count_word: Word for what `counts` counts: "image", "box" or "object".
        group_word: Word for the names of `groups`, such as "class" or "range".
    """

    format: str
    task: str
    images: int
    counts: dict[str, dict[str, int]]
    groups: dict[str, dict[str, int]]
    splits: dict[str, int]
    sizes: str
    notes: tuple[str, ...]
    page: Path
    count_word: str
    group_word: str

    @property
    def classes(self) -> dict[str, int]:
        """Number of images, boxes or objects of each class, label or number."""
        return {name: sum(by_split.values()) for name, by_split in self.counts.items()}

    def to_json(self) -> dict[str, Any]:
        """Returns plain values: format, task, images, classes, splits, sizes, notes and page."""
        return {
            "format": self.format,
            "task": self.task,
            "images": self.images,
            "classes": self.classes,
            "splits": self.splits,
            "sizes": self.sizes,
            "notes": list(self.notes),
            "page": str(self.page),
        }
