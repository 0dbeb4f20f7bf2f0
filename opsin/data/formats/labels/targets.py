"""Interpretation of target columns as classes, labels or numbers, with a note where it is ambiguous."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

from ...targets import CLASSES, IDENTITIES, LABELS, NUMBERS, Target, TargetKind
from ..scan import some
from ..split_names import in_order
from .cell_values import Numbers, number_and_unit, numbers_of
from .columns import CLASS_WORDS, words_of
from .label_lists import label_lists, separator_in

MOST_INTEGER_CLASSES = 1000
MOST_INTEGER_CLASSES_UNNAMED = 10
_MANY_COLUMNS = 6
_TRUTH = {"true": "1", "false": "0", "yes": "1", "no": "0", "t": "1", "f": "0", "y": "1", "n": "0"}


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
    columns: Mapping[str, Sequence[Any]],
    source: str,
    kind: TargetKind | None,
    header: int | None = None,
    decimal: str = ".",
) -> ParsedTargets:
    """Interprets one or several columns of text or numbers.

    One column: text is classes, "a|b" and other lists labels, decimals numbers; integers are classes when few and
    repeated. Several columns: 0 and 1 are labels (classes when each row has exactly one 1), other numbers are numbers.

    Args:
        columns: Cells by name of the column.
        source: Name of the table in errors.
        kind: Kind of target; None infers it from the values.
        header: Number of lines above the first row, for line numbers in errors; None counts rows from 0.
        decimal: Mark of decimals where both are possible, as in 1,500.

    Returns:
        The target and its values.

    Raises:
        DataError: A value does not fit; the message names the line.

    Examples:
        >>> parse_targets({"label": ["cat", "dog", "cat"]}, "labels.csv", None).values
        [0, 1, 0]
    """
    if kind is IDENTITIES:
        found = parse_targets(columns, source, CLASSES, header, decimal)
        return ParsedTargets(Target(IDENTITIES, found.target.names), found.values, found.notes)
    if kind not in (None, CLASSES, LABELS, NUMBERS):
        raise DataError(f"{source} has one target per image. Expected classes, labels or numbers, not {kind}.")
    position = _Position(source, header, decimal)
    texts = {name: [_text(cell) for cell in cells] for name, cells in columns.items()}
    if len(texts) > 1:
        return _parse_columns(texts, position, kind)
    name, cells = next(iter(texts.items()))
    listed = None if kind in (NUMBERS, CLASSES) else label_lists(cells, name, kind is LABELS)
    numbers = numbers_of(cells, decimal)
    binary = numbers is not None and set(numbers.values.tolist()) <= {0.0, 1.0}
    if listed is not None and (numbers is None or (kind is None and CLASS_WORDS & set(words_of(name)))):
        return _labels_or_columns(name, listed.rows, listed.separated, position, kind)
    if kind is LABELS and not binary:
        return _parse_labels(name, [[cell] if cell else [] for cell in cells], "", position)
    if numbers is not None:
        _check_finite(numbers.values, name, position)
        return _parse_numbers(name, cells, numbers, kind)
    if kind is NUMBERS:
        raise DataError(f"{position.of_text(cells)} as {name}. Expected a number.")
    if "" in cells:
        raise DataError(f"{position.of(cells.index(''))} has no {name}. Fix: give each row a value or remove it.")
    return _parse_text(name, cells, position, kind)


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
    """Position of a value in the table, for errors, and the mark of decimals."""

    source: str
    header: int | None
    decimal: str = "."

    def of(self, row: int) -> str:
        return f"{self.source}: " + (f"row {row}" if self.header is None else f"line {row + 1 + self.header}")

    def of_text(self, cells: Sequence[str]) -> str:
        row = next((row for row, cell in enumerate(cells) if numbers_of([cell], self.decimal) is None), 0)
        return f"{self.of(row)} has {cells[row]!r}"


def _parse_text(name: str, cells: list[str], position: _Position, kind: TargetKind | None) -> ParsedTargets:
    """Interprets text as classes, with a note where it may be something else."""
    found = parse_classes(cells)
    if kind is CLASSES:
        return found
    notes: list[str] = []
    separator = separator_in(cells)
    if separator:
        notes.append(
            f"cells of {name} with {separator} are one class each; set the task to multilabel if they are labels"
        )
    numeric = [number_and_unit(cell) is not None for cell in cells]
    if sum(numeric) * 2 > len(cells) and len(set(cells)) > MOST_INTEGER_CLASSES_UNNAMED // 2:
        units = {one[1] for cell in cells if (one := number_and_unit(cell)) is not None}
        why = (
            f"several units ({some(sorted(units - {''}))})"
            if all(numeric)
            else f"not in {_first_text(cells, position)}"
        )
        share = f"{sum(numeric)} of {len(cells)} rows"
        notes.append(
            f"{name} holds numbers in {share}, {why}: read as classes; correct these cells if they are quantities"
        )
    return ParsedTargets(found.target, found.values, tuple(notes))


def _first_text(cells: list[str], position: _Position) -> str:
    row = next(row for row, cell in enumerate(cells) if number_and_unit(cell) is None)
    return f"{position.of(row)} ({cells[row]!r})"


def _parse_numbers(name: str, cells: list[str], found: Numbers, kind: TargetKind | None) -> ParsedTargets:
    numbers = found.values
    whole = bool((numbers == np.rint(numbers)).all())
    spelled = bool(found.spelling or found.unit)
    if kind is LABELS:
        return ParsedTargets(Target(LABELS, (name,)), numbers[:, None].tolist())
    if kind is CLASSES:
        return _integer_classes(cells, numbers) if whole and not spelled else parse_classes(cells)
    target = Target(NUMBERS, (name,))
    as_numbers = ParsedTargets(target, numbers[:, None].tolist(), _spelling_notes(name, cells, found))
    if kind is NUMBERS or not whole:
        return as_numbers
    distinct = len(np.unique(numbers))
    named = bool(CLASS_WORDS & set(words_of(name)))
    most = min(MOST_INTEGER_CLASSES if named else MOST_INTEGER_CLASSES_UNNAMED, max(2, len(numbers) // 2))
    summary = f"the column {name} has {distinct} distinct integers"
    if distinct <= most and not found.spelling:
        note = f"{summary}, read as classes; set the task to regress if they are quantities"
        classes = parse_classes(cells) if spelled else _integer_classes(cells, numbers)
        return ParsedTargets(classes.target, classes.values, (note,))
    note = f"{summary}, read as quantities to predict; set the task to classify if they are classes"
    return ParsedTargets(as_numbers.target, as_numbers.values, (*as_numbers.notes, note))


def _spelling_notes(name: str, cells: list[str], found: Numbers) -> tuple[str, ...]:
    """Returns a note on numbers that are not plain, with an example."""
    if found.ambiguous:
        without = cells[0].replace(".", "")
        return (f"{name}: {cells[0]} is read as {found.values[0]:g}; write {without} if points separate thousands",)
    if not (found.spelling or found.unit):
        return ()
    how = f"numbers with {found.spelling}" if found.spelling else "numbers"
    unit = f" in {found.unit}" if found.unit else ""
    return (f"{name} holds {how}{unit}: {cells[0]} is read as {found.values[0]:,g}",)


def _integer_classes(cells: list[str], numbers: np.ndarray) -> ParsedTargets:
    """Interprets integers as classes: "1.0" is named "1", "01" stays "01"."""
    return parse_classes(
        [cell if cell.isdigit() else str(int(value)) for cell, value in zip(cells, numbers, strict=True)]
    )


def _parse_columns(texts: dict[str, list[str]], position: _Position, kind: TargetKind | None) -> ParsedTargets:
    texts = _as_digits(texts)
    columns: list[np.ndarray] = []
    notes: list[str] = []
    for name, cells in texts.items():
        numbers = numbers_of(cells, position.decimal)
        if numbers is None:
            raise _not_numbers(texts, position)
        _check_finite(numbers.values, name, position)
        columns.append(numbers.values)
        notes += _spelling_notes(name, cells, numbers)
    table = np.stack(columns, axis=1)
    names = tuple(texts)
    if kind is not NUMBERS and set(np.unique(table)) == {-1, 1}:
        table = (table + 1) / 2
        notes.append(f"{some(names, _MANY_COLUMNS)} hold 1 and -1: read as yes and no; set the task to regress if not")
    binary = bool(np.isin(table, (0, 1)).all())
    if kind is not NUMBERS and binary:
        single = bool((table.sum(axis=1) == 1).all())
        if single and kind is not LABELS:
            listed = ", ".join(names[:5])
            note = f"each row has exactly one 1 in {listed}: classes; set the task to multilabel if they are labels"
            return ParsedTargets(Target(CLASSES, names), table.argmax(axis=1).tolist(), (*notes, note))
        if kind is not CLASSES:
            return ParsedTargets(Target(LABELS, names), table.tolist(), tuple(notes))
    if kind in (CLASSES, LABELS):
        wanted = "one 1 and otherwise 0" if kind is CLASSES else "only 0 and 1"
        raise DataError(
            f"{position.source}: {', '.join(names)} do not fit the task {kind.task}. Expected {wanted} in each row."
        )
    if kind is None:
        notes.append(f"{len(names)} columns are predicted as numbers: {some(names, _MANY_COLUMNS)}")
    return ParsedTargets(Target(NUMBERS, names), table.tolist(), tuple(notes))


def _as_digits(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Returns columns of true and false, or yes and no, as 1 and 0; others as they are."""
    cells = {cell.lower() for column in texts.values() for cell in column}
    if not cells <= {*_TRUTH, "0", "1"}:
        return texts
    return {name: [_TRUTH.get(cell.lower(), cell) for cell in column] for name, column in texts.items()}


def _not_numbers(texts: dict[str, list[str]], position: _Position) -> DataError:
    """Returns the error for several columns of which some are text."""
    bad = [name for name, cells in texts.items() if numbers_of(cells, position.decimal) is None]
    good = next((name for name in texts if name not in bad), bad[0])
    first = f"{position.of_text(texts[bad[0]])} as {bad[0]}"
    if len(bad) == len(texts):
        return DataError(
            f"{position.source} has {len(texts)} columns of text that can be the target: {some(bad, _MANY_COLUMNS)} "
            f"({first}). Expected one. Fix: choose with --labels, such as --labels {shlex.quote(good)}."
        )
    return DataError(
        f"{first}. Expected numbers in each of the columns {some(list(texts), _MANY_COLUMNS)}, or one column called "
        f"label. Fix: choose with --labels, such as --labels {shlex.quote(good)}, or remove {some(bad, _MANY_COLUMNS)}."
    )


def _labels_or_columns(
    name: str, rows: list[list[str]], separated: str, position: _Position, kind: TargetKind | None
) -> ParsedTargets:
    """Interprets lists of labels, and lists of equal length of decimals, or of 0 and 1, as columns."""
    lengths = {len(row) for row in rows}
    vectors = [numbers_of(row) for row in rows] if lengths != {1} and len(lengths) == 1 else [None]
    if kind is None and all(one is not None for one in vectors):
        values = np.array([one.values for one in vectors if one is not None])
        if np.isin(values, (0, 1)).all() or (values != np.rint(values)).any():
            columns = {f"{name}_{at}": [row[at] for row in rows] for at in range(len(rows[0]))}
            return _parse_columns(columns, position, kind)
    return _parse_labels(name, rows, separated, position)


def _parse_labels(name: str, rows: list[list[str]], separated: str, position: _Position) -> ParsedTargets:
    """Interprets the labels of each row; a row without any has no label."""
    sets = [set(row) for row in rows]
    names = in_order(label for one in sets for label in one)
    if not names:
        raise DataError(f"{position.source}: no row has a label. Expected labels such as a|b.")
    values = [[float(label in one) for label in names] for one in sets]
    what = f"labels of {name} are {separated}: " if separated else f"each cell of {name} is one label: "
    note = f"{what}{len(names)} labels, several for each image; set the task to classify if each cell is one class"
    return ParsedTargets(Target(LABELS, names), values, (note,))


def _check_finite(numbers: np.ndarray, name: str, position: _Position) -> None:
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        more = "" if len(bad) == 1 else f" (nor in {len(bad) - 1} more rows)"
        raise DataError(
            f"{position.of(int(bad[0]))} has no finite {name}{more}. Fix: give each row a value or remove it."
        )


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()
