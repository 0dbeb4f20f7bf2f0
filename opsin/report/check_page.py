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
class CheckContent:
    """Content of the page.

    Attributes:
        origin: Name of the data set.
        format: Name of the format.
        task: Task that fits the targets.
        images: Number of images.
        counts: Number of images, boxes or objects, by class and split.
        groups: Number of images, by class, label or range, and by split.
        splits: Number of images of each given split; empty where the data give none.
        sizes: Sizes and kinds of the images, as text.
        notes: Findings, one line each.
        pictures: Images with their targets.
    """

    origin: str
    format: str
    task: Task
    images: int
    counts: dict[str, dict[str, int]]
    groups: dict[str, dict[str, int]]
    splits: dict[str, int]
    sizes: str
    notes: tuple[str, ...]
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
    task, tables = content.task, list[CountTable]()
    word = task.subgroup_word
    if task.count_word != "image":
        tables.append(_table(f"{wording.plural_of(task.count_word).capitalize()} of each {word}", word, content.counts))
    tables.append(_table(f"Images of each {word}", word, content.groups))
    return tuple(tables)


def _table(title: str, word: str, counts: Mapping[str, Mapping[str, int]]) -> CountTable:
    splits = tuple(next(iter(counts.values()), {}))
    return CountTable(title, word, splits, count_rows({name: list(row.values()) for name, row in counts.items()}))
