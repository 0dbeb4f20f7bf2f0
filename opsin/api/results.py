"""Return values of the verbs. In a notebook each shows itself on one screen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsin.core import card
from opsin.evaluation import Predictions, Score
from opsin.report import Verdict
from opsin.report.check_page import ClassCounts, DataFacts
from opsin.report.tables import score_rows
from opsin.report.wording import duration, plural, plural_of

_MOST_CLASSES, _MOST_NOTES = 12, 8


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

    def _repr_html_(self) -> str:
        sentences = (self.verdict.summary, self.verdict.advice) if self.verdict is not None else ()
        return card(
            f"Run: {self.task}, {duration(self.seconds)}",
            (*sentences, self.note),
            _score_table(self.scores, self.baseline, self.linear_baseline),
            {"report": self.report.as_posix(), "model": self.model.as_posix()},
            f'opsin.load("{self.model.as_posix()}").predict("photo.jpg")',
        )


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

    def _repr_html_(self) -> str:
        return card(
            f"Evaluation on {plural(len(self.predictions.ids), 'image')}",
            table=_score_table(self.scores, self.baseline, self.linear_baseline),
            links=None if self.report is None else {"report": self.report.as_posix()},
        )


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

    def _repr_html_(self) -> str:
        splits = ", ".join(f"{count:,} {name}" for name, count in self.splits.items())
        facts = (f"Format: {self.format}.", f"Sizes: {self.facts.sizes}.", f"Splits: {splits}." if splits else "")
        classes = list(self.classes.items())
        more = f"and {plural(len(classes) - _MOST_CLASSES, 'class')} more" if len(classes) > _MOST_CLASSES else ""
        counts = [(name, f"{count:,}") for name, count in classes[:_MOST_CLASSES]]
        return card(
            f"{plural(self.images, 'image')}: {self.task}",
            (*facts, *self.notes[:_MOST_NOTES], more),
            [("", plural_of(self.counts.count_word)), *counts],
            {"page with pictures": self.page.as_posix()},
        )


def _score_table(
    scores: Mapping[str, Score], baseline: Mapping[str, Score], linear: Mapping[str, Score]
) -> Iterator[tuple[str, ...]]:
    """Yields the titles and a row for each score; nothing without scores."""
    references = (*(("baseline",) if baseline else ()), *(("linear model",) if linear else ()))
    if scores:
        yield ("score", "value", "95 % interval", *references)
    for row in score_rows(scores, baseline, {}, linear):
        others = (*((row.baseline,) if baseline else ()), *((row.linear,) if linear else ()))
        yield (row.title, row.value, row.interval, *others)
