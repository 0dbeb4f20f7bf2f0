"""Predictions for many images as a table, and counts of what was predicted."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import plural

if TYPE_CHECKING:
    from rich.table import Table

MAX_ROWS, MAX_COLUMNS, MAX_ERRORS = 20, 4, 5
"""Maximum number of rows, of columns with values, and of errors that are printed."""
LONGEST_PATH = 32
TEXT_COLUMNS = ("path", "label", "labels", "error")


def print_predictions(rows: Sequence[Mapping[str, Any]]) -> None:
    """Prints the first rows of predictions as a table: path, frame and time, the prediction; and the first errors."""
    good, failed = ([row for row in rows if (row["error"] is None) is fine] for fine in (True, False))
    columns = _columns(good)
    table = _table(columns)
    for row in good[:MAX_ROWS]:
        table.add_row(*(_cell(row[column]) for column in columns))
    if good:
        _print(table, stderr=False)
    if len(good) > MAX_ROWS:
        print(f"and {len(good) - MAX_ROWS:,} more; -o predictions.csv writes all of them")
    for row in failed[:MAX_ERRORS]:
        print(f"{row['path']}: {row['error']}")
    if len(failed) > MAX_ERRORS:
        print(f"and {len(failed) - MAX_ERRORS:,} more errors")


def print_counts(rows: Sequence[Mapping[str, Any]], names: Sequence[str], stderr: bool) -> None:
    """Prints what was predicted: images and mean confidence of each class, objects of each class, or mean values.

    Args:
        rows: Predictions, a row an image, frame or box.
        names: Names of the classes, labels or values.
        stderr: Print on stderr, where stdout is read by programs.
    """
    good = [row for row in rows if row["error"] is None]
    if not good:
        return
    has = good[0].keys()
    if "xmin" in has or any(f"count_{name}" in has for name in names):
        table, lines = _object_counts(good, names)
    elif "label" in has:
        table, lines = _class_counts(good, names)
    else:
        table, lines = _mean_values(good, names)
    if len(lines) > MAX_ROWS:  # the most frequent classes
        lines.sort(key=lambda cells: -float(cells[1].replace(",", "")))
    for cells in lines[:MAX_ROWS]:
        table.add_row(*cells)
    _print(table, stderr)
    if len(lines) > MAX_ROWS:
        print(f"and {len(lines) - MAX_ROWS:,} more", file=sys.stderr if stderr else sys.stdout)


def read_rows(output: Path) -> list[dict[str, Any]]:
    """Returns the rows of a table of predictions."""
    import polars as pl

    suffix = output.suffix.lower()
    if suffix == ".parquet":
        return pl.read_parquet(output).to_dicts()
    if suffix == ".jsonl":
        return pl.read_ndjson(output, infer_schema_length=None).to_dicts()
    text = {name: pl.Utf8 for name in TEXT_COLUMNS}
    return pl.read_csv(output, infer_schema_length=None, schema_overrides=text).to_dicts()


def _class_counts(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> "tuple[Table, list[list[str]]]":
    lines = list[list[str]]()
    for name in names:
        confidences = [row["confidence"] for row in rows if row["label"] == name]
        mean = f"{sum(confidences) / len(confidences):.1%}" if confidences else ""
        lines.append([name, f"{len(confidences):,}", mean])
    return _table(["class", "images", "mean confidence"]), lines


def _object_counts(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> "tuple[Table, list[list[str]]]":
    lines = list[list[str]]()
    for name in names:
        if "xmin" in rows[0]:  # a row per box
            found = [row["path"] for row in rows if row["label"] == name]
            objects, images = len(found), len(set(found))
        else:
            counts = [row[f"count_{name}"] for row in rows]
            objects, images = sum(counts), sum(map(bool, counts))
        lines.append([name, f"{objects:,}", f"{images:,}"])
    return _table(["class", "objects", "images with it"]), lines


def _mean_values(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> "tuple[Table, list[list[str]]]":
    lines = list[list[str]]()
    for name in names:
        column = next((f"{prefix}{name}" for prefix in ("", "p_", "share_") if f"{prefix}{name}" in rows[0]), None)
        values = [] if column is None else [row[column] for row in rows if row[column] is not None]
        if values:
            low, mean, high = min(values), sum(values) / len(values), max(values)
            lines.append([str(column), f"{low:.4g}", f"{mean:.4g}", f"{high:.4g}"])
    return _table([plural(len(rows), "image"), "least", "mean", "greatest"]), lines


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the columns to print: without lists, without classes where a label is given, at most six values."""
    plain = [
        name
        for name, value in (rows[0] if rows else {}).items()
        if not isinstance(value, list) and name not in ("path", "error")
    ]
    if "label" in plain:
        plain = [name for name in plain if not name.startswith("p_")]
    fixed = [name for name in ("frame", "time") if name in plain]
    return ["path", *fixed, *[name for name in plain if name not in fixed][:MAX_COLUMNS]]


def _table(titles: Sequence[str]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for number, title in enumerate(titles):
        table.add_column(title, justify="right" if number and title not in TEXT_COLUMNS else "left")
    return table


def _print(table: "Table", stderr: bool) -> None:
    from rich.console import Console

    Console(highlight=False, markup=False, emoji=False, file=sys.stderr if stderr else sys.stdout).print(table)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    return "" if value is None else _shortened(str(value))


def _shortened(text: str) -> str:
    """Returns a text that fits a column; of a path the end is kept.

    Examples:
        >>> _shortened("a" * 40), _shortened("photos/cat.jpg")
        ('…aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'photos/cat.jpg')
    """
    if len(text) <= LONGEST_PATH:
        return text
    return f"…{text[-LONGEST_PATH + 1 :]}" if os.sep in text or " " not in text else f"{text[: LONGEST_PATH - 1]}…"
