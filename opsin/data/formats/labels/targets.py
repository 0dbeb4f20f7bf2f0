"""What a column of targets means: classes, labels or numbers. Said in a note whenever it could be read otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

from ...targets import CLASSES, IDENTITIES, LABELS, NUMBERS, Target, TargetKind
from ..split_names import in_order

MOST_CLASSES_OF_NUMBERS = 1000
MOST_CLASSES_OF_UNNAMED_NUMBERS = 10
_CLASS_WORDS = ("label", "class", "category", "species", "diagnosis", "type", "kind")
_NO_NUMBER = ("", "nan", "na", "n/a", "null", "none")


@dataclass(frozen=True)
class ParsedTargets:
    """A target, its value in each row (a class index, or a list of numbers), and what was decided on the way."""

    target: Target
    values: list[Any]
    notes: tuple[str, ...] = ()


def parse_targets(
    columns: Mapping[str, Sequence[Any]], source: str, kind: TargetKind | None, header: int | None = None
) -> ParsedTargets:
    """The meaning of one or several columns of text or numbers; `kind` overrules what they look like.

    One column: text is classes, "a|b" labels, fractions numbers; whole numbers are classes when few and repeated.
    Several columns: 0 and 1 are labels (classes when each row has exactly one 1), other numbers are numbers.
    Raises DataError, naming `source` and the line (`header` lines come before the first), for values that do not fit.

    >>> parse_targets({"label": ["cat", "dog", "cat"]}, "labels.csv", None).values
    [0, 1, 0]
    """
    if kind is IDENTITIES:
        found = parse_targets(columns, source, CLASSES, header)
        return ParsedTargets(Target(IDENTITIES, found.target.names), found.values, found.notes)
    if kind not in (None, CLASSES, LABELS, NUMBERS):
        raise DataError(f"{source} holds one target for each image; expected classes, labels or numbers, not {kind}")
    place = _Place(source, header)
    texts = {name: [_text(cell) for cell in cells] for name, cells in columns.items()}
    if len(texts) > 1:
        return _several(texts, place, kind)
    name, cells = next(iter(texts.items()))
    numbers = _numbers(cells)
    binary = numbers is not None and set(numbers.tolist()) <= {0.0, 1.0}
    if (kind is LABELS and not binary) or (kind is None and numbers is None and any("|" in cell for cell in cells)):
        return _labels_in_text(cells, place)
    if numbers is not None:
        _refuse_unknown(numbers, name, place)
        return _one_column_of_numbers(name, cells, numbers, kind)
    if kind is NUMBERS:
        raise DataError(f"{place.of_text(cells)} as {name}; expected a number")
    if "" in cells:
        raise DataError(f"{place.of(cells.index(''))} has no {name}; give each row a value or remove it")
    return parse_classes(cells)


def parse_classes(cells: Sequence[str], kind: TargetKind = CLASSES) -> ParsedTargets:
    """Text as classes or identities, whatever it looks like."""
    names = in_order(cells)
    place = {name: index for index, name in enumerate(names)}
    return ParsedTargets(Target(kind, names), [place[cell] for cell in cells])


@dataclass(frozen=True)
class _Place:
    """Where a value stands, in words."""

    source: str
    header: int | None

    def of(self, row: int) -> str:
        return f"{self.source}: " + (f"row {row}" if self.header is None else f"line {row + 1 + self.header}")

    def of_text(self, cells: Sequence[str]) -> str:
        row = next(row for row, cell in enumerate(cells) if _numbers([cell]) is None)
        return f"{self.of(row)} has {cells[row]!r}"


def _one_column_of_numbers(name: str, cells: list[str], numbers: np.ndarray, kind: TargetKind | None) -> ParsedTargets:
    whole = bool((numbers == np.rint(numbers)).all())
    if kind is LABELS:
        return ParsedTargets(Target(LABELS, (name,)), numbers[:, None].tolist())
    if kind is CLASSES:
        return _whole_classes(cells, numbers) if whole else parse_classes(cells)
    as_numbers = ParsedTargets(Target(NUMBERS, (name,)), numbers[:, None].tolist())
    if kind is NUMBERS or not whole:
        return as_numbers
    distinct = len(np.unique(numbers))
    named = any(word in name.lower() for word in _CLASS_WORDS)
    most = min(MOST_CLASSES_OF_NUMBERS if named else MOST_CLASSES_OF_UNNAMED_NUMBERS, max(2, len(numbers) // 2))
    found = f"the column {name} holds {distinct} distinct whole numbers"
    if distinct <= most:
        note = f"{found}, taken for classes; say task regress if they are amounts"
        classes = _whole_classes(cells, numbers)
        return ParsedTargets(classes.target, classes.values, (note,))
    note = f"{found}, taken for amounts to predict; say task classify if they are classes"
    return ParsedTargets(as_numbers.target, as_numbers.values, (note,))


def _whole_classes(cells: list[str], numbers: np.ndarray) -> ParsedTargets:
    """Whole numbers as classes: "1.0" is called "1", "01" stays "01"."""
    return parse_classes(
        [cell if cell.isdigit() else str(int(value)) for cell, value in zip(cells, numbers, strict=True)]
    )


def _several(texts: dict[str, list[str]], place: _Place, kind: TargetKind | None) -> ParsedTargets:
    columns: list[np.ndarray] = []
    for name, cells in texts.items():
        numbers = _numbers(cells)
        if numbers is None:
            raise DataError(
                f"{place.of_text(cells)} as {name}; expected numbers in each of the columns {', '.join(texts)}, or one "
                "column called label"
            )
        _refuse_unknown(numbers, name, place)
        columns.append(numbers)
    table = np.stack(columns, axis=1)
    names = tuple(texts)
    binary = bool(np.isin(table, (0, 1)).all())
    if kind is not NUMBERS and binary:
        single = bool((table.sum(axis=1) == 1).all())
        if single and kind is not LABELS:
            note = (
                f"each row has exactly one 1 in {', '.join(names[:5])}: classes; say task multilabel if they are labels"
            )
            return ParsedTargets(Target(CLASSES, names), table.argmax(axis=1).tolist(), (note,))
        if kind is not CLASSES:
            return ParsedTargets(Target(LABELS, names), table.tolist())
    if kind in (CLASSES, LABELS):
        wanted = "one 1 and else 0" if kind is CLASSES else "only 0 and 1"
        raise DataError(
            f"{place.source}: {', '.join(names)} do not fit the task {kind.task}; expected {wanted} in each row"
        )
    return ParsedTargets(Target(NUMBERS, names), table.tolist())


def _labels_in_text(cells: list[str], place: _Place) -> ParsedTargets:
    """ "a|b" is a and b, an empty cell no label at all."""
    sets = [{part.strip() for part in cell.split("|")} - {""} for cell in cells]
    names = in_order(name for one in sets for name in one)
    if not names:
        raise DataError(f"{place.source}: no row has a label; expected labels such as a|b")
    values = [[float(name in one) for name in names] for one in sets]
    note = f"labels are separated by |: {len(names)} labels, several for each image"
    return ParsedTargets(Target(LABELS, names), values, (note,))


def _refuse_unknown(numbers: np.ndarray, name: str, place: _Place) -> None:
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        more = "" if len(bad) == 1 else f", nor have {len(bad) - 1} more"
        raise DataError(f"{place.of(int(bad[0]))} has no finite {name}{more}; give each row a value or remove it")


def _numbers(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.array([_number(cell) for cell in cells], np.float64)
    except ValueError:
        return None


def _number(cell: str) -> float:
    if cell.lower() in _NO_NUMBER:
        return float("nan")
    if "_" in cell:  # Python reads 1_2 as 12
        raise ValueError(cell)
    return float(cell)


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()
