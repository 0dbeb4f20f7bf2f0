"""The page of a data set: what it was recognised as, its classes and splits, and images with their targets."""

from collections.abc import Mapping
from dataclasses import dataclass

from opsin.tasks import Task

from . import wording
from .samples import MOST_ROWS, Count, count_rows
from .templates import style, template


@dataclass(frozen=True)
class TargetPicture:
    """An image with its target.

    Attributes:
        picture: Data URI of the image with its target drawn; None when it cannot be read.
        target: Target as text, or the reason why there is no picture.
        id: Id of the image.
        split: Given split; empty for none.
        size: Width and height of the image, as text.
    """

    picture: str | None
    target: str
    id: str
    split: str
    size: str


@dataclass(frozen=True)
class DataFacts:
    """A data set as it was read.

    Attributes:
        format: Name of the format, such as "class folders" or "COCO".
        task: Name of the task that fits the targets.
        images: Number of images.
        splits: Number of images of each given split; empty where the data give none.
        sizes: Sizes and kinds of the images, as text.
        notes: Findings, one line each.
    """

    format: str
    task: str
    images: int
    splits: dict[str, int]
    sizes: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class ClassCounts:
    """Counts of a data set by class and split ("no split" where none is given).

    Attributes:
        counts: Number of images, boxes or objects, by class, label or number, and by split.
        groups: Number of images, by class, label or range of numbers, and by split.
        count_word: Word for what `counts` counts: "image", "box" or "object".
        group_word: Word for the names of `groups`, such as "class" or "range".
    """

    counts: dict[str, dict[str, int]]
    groups: dict[str, dict[str, int]]
    count_word: str
    group_word: str


@dataclass(frozen=True)
class CheckContent:
    """Content of the page.

    Attributes:
        origin: Name of the data set.
        task: Task that fits the targets.
        facts: The data set as it was read.
        counts: Its counts by class and split.
        pictures: Images with their targets.
    """

    origin: str
    task: Task
    facts: DataFacts
    counts: ClassCounts
    pictures: tuple[TargetPicture, ...]


@dataclass(frozen=True)
class CountTable:
    """Counts by class and split.

    Attributes:
        title: Title, such as "Boxes of each class".
        word: Title of the first column.
        splits: Names of the columns.
        rows: Counts of each class.
    """

    title: str
    word: str
    splits: tuple[str, ...]
    rows: tuple[Count, ...]


def check_page(content: CheckContent) -> str:
    """Returns the page as HTML; the template escapes all names.

    Args:
        content: Content of the page.
    """
    return template("check.html.j2").render(
        content=content,
        facts=content.facts,
        task=content.task,
        style=style(),
        words=wording,
        source=wording.source_title(content.origin),
        names_word=wording.plural_of(content.task.target_kind.name_word).capitalize(),
        tables=count_tables(content),
        most_rows=MOST_ROWS,
    )


def count_tables(content: CheckContent) -> tuple[CountTable, ...]:
    """Returns the tables of counts: boxes or objects where the task has them, and images.

    Args:
        content: Content of the page.
    """
    found, tables = content.counts, list[CountTable]()
    word = found.group_word
    if found.count_word != "image":
        tables.append(_table(f"{wording.plural_of(found.count_word).capitalize()} of each {word}", word, found.counts))
    tables.append(_table(f"Images of each {word}", word, found.groups))
    return tuple(tables)


def _table(title: str, word: str, counts: Mapping[str, Mapping[str, int]]) -> CountTable:
    splits = tuple(next(iter(counts.values()), {}))
    return CountTable(title, word, splits, count_rows({name: list(row.values()) for name, row in counts.items()}))
