"""Report content of small synthetic runs, and an HTML parser for pages."""

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from opsin.data import KINDS, Table, Target
from opsin.data.table import make_rows
from opsin.evaluation import Predictions, score
from opsin.report import DataSection, NetworkSection, PredictionSection, ReportContent, RunSection
from opsin.tasks import Classify, MultiLabel, Regress, Task

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Nothing:
    """Image source that fails when it is read: a report has the pixels."""

    def read(self, id: str) -> bytes:
        raise AssertionError(f"the report read {id}")

    def stamp(self, id: str) -> str:
        raise AssertionError(f"the report read {id}")


class Page(HTMLParser):
    """Parsed page: tags with their attributes, and the visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def self_contained(self) -> "Page":
        """Checks that the page is well-formed and needs no script, no other file and no network."""
        assert not self.open
        assert not self.all("script") and not self.all("link") and not self.all("iframe")
        for _, attributes in self.tags:
            assert not any(name.startswith("on") for name in attributes)
            for name in ("src", "href", "action", "poster", "xlink:href"):
                value = attributes.get(name)
                assert value is None or value.startswith(("data:image/", "#"))
        style = self.html[self.html.index("<style>") : self.html.index("</style>")]
        assert "url(" not in style and "@import" not in style
        ids = [attributes["id"] for _, attributes in self.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert {(link["href"] or "")[1:] for link in self.all("a")} <= set(ids)
        assert all(picture["alt"] for picture in self.all("img"))
        return self

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def metrics(monitor: str, count: int = 4) -> tuple[dict[str, float], ...]:
    rows = range(1, count + 1)
    return tuple(
        {"step": 10 * n, "epoch": n, "seconds": 2.0 * n, "train_loss": 1 / n, f"valid_{monitor}": 1 - 0.5 / n}
        for n in rows
    )


def content_of(
    task: Task,
    predictions: np.ndarray,
    targets: np.ndarray,
    *,
    test: int,
    origin: str = "photos",
    ids: str = "a/{}.png",
):
    """Builds report content; the last `test` rows are the test split."""
    count = len(targets)
    kind = KINDS[{"classify": "classes", "multilabel": "labels", "regress": "numbers"}[task.name]]
    splits = ["train"] * (count - test - 2) + ["valid"] * 2 + ["test"] * test
    names = [ids.format(row) for row in range(count)]
    table = Table(
        make_rows(names, targets.tolist(), kind=kind, splits=splits), Nothing(), Target(kind, task.names), origin
    )
    pixels = np.random.default_rng(1).integers(0, 256, (count, 6, 6, 3), np.uint8)
    inside = slice(count - test, count)
    split = np.full(test, "test")
    predictions = Predictions(
        tuple(names[inside]), None, split, targets[inside], predictions[inside].astype(np.float32)
    )
    constant = task.baseline_predictions(task.fit_baseline(targets[: count - test]), np.zeros((test, task.units)))
    trivial = replace(predictions, predictions=constant)
    section = PredictionSection(
        task, predictions, score(predictions, task, replicates=20), score(trivial, task, replicates=20)
    )
    run = RunSection(
        "opsin train photos --seed 7", 7, 61.0, "a machine", {"opsin": "9.8.7"}, metrics(task.monitor[0]), {"batch": 64}
    )
    data = DataSection(table, pixels[::-1], np.arange(count)[::-1], "c0ffee", table.targets())
    return ReportContent(data, NetworkSection("simple", 1234, ("because",), "Layer <a>"), section, run)


@pytest.fixture
def classify() -> Callable[..., ReportContent]:
    def make(
        names: tuple[str, ...] = ("cat", "dog", "owl"), count: int = 90, test: int = 40, **more: str
    ) -> ReportContent:
        generator = np.random.default_rng(0)
        targets = generator.integers(0, len(names), count)
        predictions = generator.normal(size=(count, len(names))) + 2 * np.eye(len(names))[targets]
        return content_of(Classify(names, 1.5), predictions, targets, test=test, **more)

    return make


@pytest.fixture
def regress() -> ReportContent:
    generator = np.random.default_rng(0)
    targets = generator.normal(50, 10, (80, 1)).astype(np.float32)
    predictions = (targets - 50) / 10 + generator.normal(0, 0.2, targets.shape)
    return content_of(Regress(("weight",), (50.0,), (10.0,)), predictions, targets, test=30)


@pytest.fixture
def multilabel() -> ReportContent:
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 2, (60, 3)).astype(np.float32)
    predictions = generator.normal(size=(60, 3)) + 3 * (targets - 0.5)
    return content_of(MultiLabel(("sky", "sea", "sand")), predictions, targets, test=25)


@pytest.fixture
def read() -> Callable[[str], Page]:
    return Page
