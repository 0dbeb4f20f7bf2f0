"""Interpretation of target columns as classes, labels or numbers, with a note where it is ambiguous."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

from ...targets import CLASSES, IDENTITIES, LABELS, NUMBERS, Target, TargetKind
from ..split_names import in_order

MOST_INTEGER_CLASSES = 1000
MOST_INTEGER_CLASSES_UNNAMED = 10
_CLASS_COLUMN_WORDS = ("label", "class", "category", "species", "diagnosis", "type", "kind")
_MISSING = ("", "nan", "na", "n/a", "null", "none")


@dataclass(frozen=True)
class ParsedTargets:
    """The interpretation of target columns.

    Attributes:
        target: Kind and names.
        values: Value of each row: a class index, or a list of numbers.
        notes: Messages on ambiguous decisions.
    """

    target: Target
    values: list[Any]
    notes: tuple[str, ...] = ()


def parse_targets(
    columns: Mapping[str, Sequence[Any]], source: str, kind: TargetKind | None, header: int | None = None
) -> ParsedTargets:
    """Interprets one or several columns of text or numbers.

    One column: text is classes, "a|b" labels, decimals numbers; integers are classes when few and repeated. Several
    columns: 0 and 1 are labels (classes when each row has exactly one 1), other numbers are numbers.

    Args:
        columns: Cells by name of the column.
        source: Name of the table in errors.
        kind: Kind of target; None infers it from the values.
        header: Number of lines above the first row, for line numbers in errors; None counts rows from 0.

    Returns:
        The target and its values.

    Raises:
        DataError: A value does not fit; the message names the line.

    Examples:
        >>> parse_targets({"label": ["cat", "dog", "cat"]}, "labels.csv", None).values
        [0, 1, 0]
    """
    if kind is IDENTITIES:
        found = parse_targets(columns, source, CLASSES, header)
        return ParsedTargets(Target(IDENTITIES, found.target.names), found.values, found.notes)
    if kind not in (None, CLASSES, LABELS, NUMBERS):
        raise DataError(f"{source} has one target per image. Expected classes, labels or numbers, not {kind}.")
    position = _Position(source, header)
    texts = {name: [_text(cell) for cell in cells] for name, cells in columns.items()}
    if len(texts) > 1:
        return _parse_columns(texts, position, kind)
    name, cells = next(iter(texts.items()))
    numbers = _numbers(cells)
    binary = numbers is not None and set(numbers.tolist()) <= {0.0, 1.0}
    if (kind is LABELS and not binary) or (kind is None and numbers is None and any("|" in cell for cell in cells)):
        return _parse_label_text(cells, position)
    if numbers is not None:
        _check_finite(numbers, name, position)
        return _parse_numbers(name, cells, numbers, kind)
    if kind is NUMBERS:
        raise DataError(f"{position.of_text(cells)} as {name}. Expected a number.")
    if "" in cells:
        raise DataError(f"{position.of(cells.index(''))} has no {name}. Fix: give each row a value or remove it.")
    return parse_classes(cells)


def parse_classes(cells: Sequence[str], kind: TargetKind = CLASSES) -> ParsedTargets:
    """Interprets text as classes or identities, without inference.

    Args:
        cells: Name of the class of each row.
        kind: Classes or identities.

    Returns:
        The target, with sorted names, and the class indices.
    """
    names = in_order(cells)
    index_of = {name: index for index, name in enumerate(names)}
    return ParsedTargets(Target(kind, names), [index_of[cell] for cell in cells])


@dataclass(frozen=True)
class _Position:
    """Position of a value in the table, for errors."""

    source: str
    header: int | None

    def of(self, row: int) -> str:
        return f"{self.source}: " + (f"row {row}" if self.header is None else f"line {row + 1 + self.header}")

    def of_text(self, cells: Sequence[str]) -> str:
        row = next(row for row, cell in enumerate(cells) if _numbers([cell]) is None)
        return f"{self.of(row)} has {cells[row]!r}"


def _parse_numbers(name: str, cells: list[str], numbers: np.ndarray, kind: TargetKind | None) -> ParsedTargets:
    whole = bool((numbers == np.rint(numbers)).all())
    if kind is LABELS:
        return ParsedTargets(Target(LABELS, (name,)), numbers[:, None].tolist())
    if kind is CLASSES:
        return _integer_classes(cells, numbers) if whole else parse_classes(cells)
    as_numbers = ParsedTargets(Target(NUMBERS, (name,)), numbers[:, None].tolist())
    if kind is NUMBERS or not whole:
        return as_numbers
    distinct = len(np.unique(numbers))
    named = any(word in name.lower() for word in _CLASS_COLUMN_WORDS)
    most = min(MOST_INTEGER_CLASSES if named else MOST_INTEGER_CLASSES_UNNAMED, max(2, len(numbers) // 2))
    found = f"the column {name} has {distinct} distinct integers"
    if distinct <= most:
        note = f"{found}, read as classes; set the task to regress if they are quantities"
        classes = _integer_classes(cells, numbers)
        return ParsedTargets(classes.target, classes.values, (note,))
    note = f"{found}, read as quantities to predict; set the task to classify if they are classes"
    return ParsedTargets(as_numbers.target, as_numbers.values, (note,))


def _integer_classes(cells: list[str], numbers: np.ndarray) -> ParsedTargets:
    """Interprets integers as classes: "1.0" is named "1", "01" stays "01"."""
    return parse_classes(
        [cell if cell.isdigit() else str(int(value)) for cell, value in zip(cells, numbers, strict=True)]
    )


def _parse_columns(texts: dict[str, list[str]], position: _Position, kind: TargetKind | None) -> ParsedTargets:
    columns: list[np.ndarray] = []
    for name, cells in texts.items():
        numbers = _numbers(cells)
        if numbers is None:
            raise DataError(
                f"{position.of_text(cells)} as {name}. Expected numbers in each of the columns {', '.join(texts)}, "
                "or one column called label."
            )
        _check_finite(numbers, name, position)
        columns.append(numbers)
    table = np.stack(columns, axis=1)
    names = tuple(texts)
    binary = bool(np.isin(table, (0, 1)).all())
    if kind is not NUMBERS and binary:
        single = bool((table.sum(axis=1) == 1).all())
        if single and kind is not LABELS:
            listed = ", ".join(names[:5])
            note = f"each row has exactly one 1 in {listed}: classes; set the task to multilabel if they are labels"
            return ParsedTargets(Target(CLASSES, names), table.argmax(axis=1).tolist(), (note,))
        if kind is not CLASSES:
            return ParsedTargets(Target(LABELS, names), table.tolist())
    if kind in (CLASSES, LABELS):
        wanted = "one 1 and otherwise 0" if kind is CLASSES else "only 0 and 1"
        raise DataError(
            f"{position.source}: {', '.join(names)} do not fit the task {kind.task}. Expected {wanted} in each row."
        )
    return ParsedTargets(Target(NUMBERS, names), table.tolist())


def _parse_label_text(cells: list[str], position: _Position) -> ParsedTargets:
    """Interprets "a|b" as the labels a and b, an empty cell as no label."""
    sets = [{part.strip() for part in cell.split("|")} - {""} for cell in cells]
    names = in_order(name for one in sets for name in one)
    if not names:
        raise DataError(f"{position.source}: no row has a label. Expected labels such as a|b.")
    values = [[float(name in one) for name in names] for one in sets]
    note = f"labels are separated by |: {len(names)} labels, several for each image"
    return ParsedTargets(Target(LABELS, names), values, (note,))


def _check_finite(numbers: np.ndarray, name: str, position: _Position) -> None:
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        more = "" if len(bad) == 1 else f" (nor in {len(bad) - 1} more rows)"
        raise DataError(
            f"{position.of(int(bad[0]))} has no finite {name}{more}. Fix: give each row a value or remove it."
        )


def _numbers(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.array([_number(cell) for cell in cells], np.float64)
    except ValueError:
        return None


def _number(cell: str) -> float:
    if cell.lower() in _MISSING:
        return float("nan")
    if "_" in cell:  # Python reads 1_2 as 12
        raise ValueError(cell)
    return float(cell)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()
