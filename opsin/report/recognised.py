"""The first lines of a training run: what the data set was recognised as."""

from opsin.data import Table
from opsin.tasks import Task

from .wording import plural, plural_of, some

MOST_NAMES = 8


def recognised(table: Table, task: Task) -> tuple[str, ...]:
    """Returns lines on format, task, number of images, classes and splits of a data set.

    Args:
        table: The data set.
        task: Task that fits its targets.
    """
    names = table.target.names
    counted = list(names)
    if table.masks is None:
        counts = task.class_counts(table.targets())
        unit = "" if task.count_word == "image" else f" {plural_of(task.count_word)}"
        counted = [f"{name} ({counts[name]:,}{unit})" for name in names] if counts.keys() == set(names) else counted
    splits = ", ".join(f"{split} {size:,}" for split, size in table.split_counts().items())
    return (
        f"{table.origin}: {table.format}, {plural(len(table), 'image')}, task {task.name}",
        f"{plural(len(names), table.target.kind.name_word)}: {some(counted, MOST_NAMES)}",
        f"splits: {splits or 'none given, drawn at random'}",
    )
