"""Several labels in the cells of a column, however they are separated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .columns import CLASS_WORDS, words_of

_SEPARATORS = {"|": "|", ";": "semicolons", ",": "commas", "/": "slashes", "+": "plus signs", "&": "&", " ": "blanks"}
_FIRM = "|;,"
"""Separators that rarely occur inside of a name."""
_ITEM = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^\s,'\"][^,]*)")
_PLURAL_WORDS = {*CLASS_WORDS, "tag", "target", "attribute", "finding", "object", "genre", "concept", "keyword"}


@dataclass(frozen=True)
class LabelLists:
    """The labels of each row.

    Attributes:
        rows: Labels by row.
        separated: Words that say how labels are separated.
    """

    rows: list[list[str]]
    separated: str


def is_plural(name: str) -> bool:
    """Returns True for the name of a column of several labels, such as "labels" or "Finding Labels"."""
    words = words_of(name)
    written = re.sub(r"[^a-z]+$", "", name.lower())
    return bool(words) and words[-1] in _PLURAL_WORDS and written.endswith("s") and not written.endswith(words[-1])


def label_lists(cells: Sequence[str], name: str, sure: bool = False) -> LabelLists | None:
    """Returns the labels of each row; None where cells hold single names.

    Lists as of Python, NumPy or JSON count; so does |. Other separators count where the parts are labels that occur
    alone or in other company: "Paris, France" and "Rome, Italy" are two names.

    Args:
        cells: Text of each row, without blanks around it.
        name: Name of the column; the plural of a word such as label lowers what is asked for.
        sure: Cells are known to hold labels.

    Examples:
        >>> label_lists(["Paris, France", "Rome, Italy"], "city") is None
        True
        >>> label_lists(["cat, dog", "cat", "dog"], "label").rows
        [['cat', 'dog'], ['cat'], ['dog']]
    """
    full = [cell for cell in cells if cell]
    if full and all(_is_list(cell) for cell in full):
        return LabelLists([_items(cell) for cell in cells], "written as lists")
    plural = sure or is_plural(name)
    for mark, called in _SEPARATORS.items():
        if not any(len(_parts(cell, mark)) > 1 for cell in full):
            continue
        if mark == "|" or (mark in _FIRM and plural) or _are_sets([_parts(cell, mark) for cell in full], mark, plural):
            return LabelLists([_parts(cell, mark) for cell in cells], f"separated by {called}")
    return None


def separator_in(cells: Sequence[str]) -> str:
    """Returns the name of a separator that occurs in cells which are read as single names; empty without one."""
    return next((_SEPARATORS[mark] for mark in _FIRM if any(len(_parts(cell, mark)) > 1 for cell in cells)), "")


def _parts(cell: str, mark: str) -> list[str]:
    return [part.strip() for part in cell.split(mark) if part.strip()]


def _are_sets(rows: list[list[str]], mark: str, plural: bool) -> bool:
    """Returns True when most of the parts between separators occur alone or in other company, too."""
    sets = {tuple(sorted(set(row))) for row in rows}
    company: dict[str, int] = {}
    for one in sets:
        for label in one:
            company[label] = company.get(label, 0) + 1
    parts = {label for one in sets if len(one) > 1 for label in one}
    shared = sum(company[label] > 1 for label in parts)
    if mark not in _FIRM and not plural:
        return len(company) < len(sets) and shared * 10 >= len(parts) * 9
    return len(company) <= len(sets) and shared * 2 >= len(parts)


def _is_list(cell: str) -> bool:
    return len(cell) > 1 and cell[0] + cell[-1] in ("[]", "()", "{}")


def _items(cell: str) -> list[str]:
    """Returns the items of a list; NumPy writes no commas between them."""
    inner = cell[1:-1].strip().replace("\n", " ")
    if not any(mark in inner for mark in ",'\""):
        words = inner.split()
        return words if all(word.strip("-.").isdigit() for word in words) else [inner]
    return [item for found in _ITEM.findall(inner) if (item := next(filter(None, found), "").strip())]
