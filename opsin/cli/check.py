"""`opsin check`: shows how a data set is read, without training."""

import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .output import plural, print_json, print_next
from .progress import reporting

if TYPE_CHECKING:
    from opsin.api import DataCheck
    from opsin.report.check_page import ClassCounts

MAX_ROWS = 20


def check(
    data: options.Data = None,
    task: options.Task = None,
    labels: options.Labels = None,
    page: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="HTML page to write. Default: a new file in runs/check.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
    formats: options.Formats = False,
) -> None:
    """Shows how a data set is read, before any training.

    Prints format, task, classes, splits, sizes and notes, and writes an HTML page with twelve images and their
    targets.
    """
    data = options.require_data(data)
    with reporting() as progress:
        from opsin import api

        found = api.check(data, task=task, labels=labels, out=page, progress=progress)
    if as_json:
        print_json(found.to_json())
        return
    print_check(found, data)


def print_check(found: "DataCheck", data: str) -> None:
    """Prints a table of classes and splits, the notes, and the next command.

    Args:
        found: The findings.
        data: The data set as the user named it.
    """
    print(f"format  {found.format}")
    print(f"task    {found.task}")
    print(f"images  {found.images:,}: {found.facts.sizes}")
    splits = ", ".join(f"{name} {size:,}" for name, size in found.splits.items())
    print(f"splits  {splits or 'none given; opsin train draws them'}")
    _print_counts(found.counts)
    width = shutil.get_terminal_size().columns
    for line in found.notes:
        print(textwrap.fill(f"note    {line}", width, subsequent_indent=" " * 8, break_long_words=False))
    print(f"page    {found.page}")
    print_next("train", data)


def _print_counts(found: "ClassCounts") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from opsin.report.wording import plural_of

    table = Table(box=box.SIMPLE_HEAD)
    columns = list(next(iter(found.groups.values()), {}))
    counted = found.counts if found.counts.keys() == found.groups.keys() else found.groups
    several = counted != found.groups
    table.add_column(found.group_word, overflow="fold")
    for name in columns if len(columns) > 1 else ():
        table.add_column(name, justify="right")
    table.add_column(plural_of(found.count_word), justify="right")
    if several:
        table.add_column("images", justify="right")
    for name, row in list(counted.items())[:MAX_ROWS]:
        cells = [f"{row[column]:,}" for column in columns] if len(columns) > 1 else []
        total = [sum(row.values()), *([sum(found.groups[name].values())] if several else [])]
        table.add_row(Text(name), *cells, *(f"{number:,}" for number in total))
    Console(highlight=False).print(table)
    if len(counted) > MAX_ROWS:
        print(f"and {plural(len(counted) - MAX_ROWS, 'more row')}")
