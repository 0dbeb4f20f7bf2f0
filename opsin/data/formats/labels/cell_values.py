"""Numbers in the cells of tables, as people and programs of many countries write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MISSING = ("", "nan", "na", "n/a", "#n/a", "null", "none", "<na>", "nat", "-", "--")
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]")
_DECIMAL_POINT = (("", "."), (",", "."), (" ", "."), ("'", "."))
_DECIMAL_COMMA = (("", ","), (".", ","), (" ", ","), ("'", ","))
_NAMES = {",": "commas", ".": "points", " ": "blanks", "'": "apostrophes"}
_THOUSANDS = {mark: re.compile(rf"[+-]?[1-9][0-9]{{0,2}}(\{mark}[0-9]{{3}})+") for mark in _NAMES}
_INDIAN = re.compile(r"[+-]?[1-9][0-9]?(,[0-9]{2})*,[0-9]{3}")
_PARTS = re.compile(r"([^0-9+\-.,\s]{0,3}) ?([+-]?[0-9.,' ]*[0-9])([^0-9]{0,12})")
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2019": "'"})
_CURRENCIES = ("", "$", "€", "£", "¥", "₹", "USD", "EUR", "GBP", "CHF")
_NO_UNIT = frozenset("_/\\:#|;[](){}")
_EXACT_THREE = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")


@dataclass(frozen=True)
class Numbers:
    """The numbers in a column.

    Attributes:
        values: (n,) float64; NaN where a cell is empty.
        spelling: Remark on separators; empty where they are plain.
        unit: Text that stands with each number; empty without one.
        ambiguous: True where points may separate thousands, but are read as decimal points.
    """

    values: np.ndarray
    spelling: str = ""
    unit: str = ""
    ambiguous: bool = False


def numbers_of(cells: Sequence[str], decimal: str = ".") -> Numbers | None:
    """Returns the numbers in a column: plain ones, else of one spelling with decimal commas, groups of three or a unit.

    Args:
        cells: Text of each row, without blanks around it.
        decimal: Mark of decimals where both are possible, as in 1,500.

    Returns:
        The numbers; None when any cell is something else.

    Examples:
        >>> numbers_of(["1.500,5 kg", "20 kg"]).values.tolist()
        [1500.5, 20.0]
    """
    plain = _plain(cells)
    if plain is not None:
        full = [cell for cell in cells if cell.lower() not in MISSING]
        return Numbers(plain, ambiguous=bool(full) and all(_EXACT_THREE.fullmatch(cell) for cell in full))
    split = [None if cell.lower() in MISSING else number_and_unit(cell) for cell in cells]
    full = [one for one, cell in zip(split, cells, strict=True) if cell.lower() not in MISSING]
    texts = [one[0] for one in full if one is not None]
    units = {one[1] for one in full if one is not None}
    if len(texts) < len(full) or len(units) != 1:
        return None
    order = (*_DECIMAL_COMMA, *_DECIMAL_POINT) if decimal == "," else (*_DECIMAL_POINT, *_DECIMAL_COMMA)
    fitting = next((one for one in order if all(_fits(text, *one) for text in texts)), None)
    if fitting is None:
        return None
    group, mark = fitting
    values = [np.nan if one is None else float(one[0].replace(group or " ", "").replace(mark, ".")) for one in split]
    remarks = [f"{_NAMES[group]} between thousands"] if group and any(group in text for text in texts) else []
    remarks += ["decimal commas"] * any(mark == "," and "," in text for text in texts)
    return Numbers(np.array(values), " and ".join(remarks), units.pop())


def number_and_unit(cell: str) -> tuple[str, str] | None:
    """Returns the number and the unit or currency in a cell; None for other text, such as names that hold numbers."""
    found = _PARTS.fullmatch(_SPACES.sub(" ", cell.translate(_SIGNS)))
    if found is None:
        return None
    before, number, after = (part.strip() for part in found.groups())
    if before.upper() not in _CURRENCIES or (before and after) or _NO_UNIT & set(after):
        return None
    return number, before or after


def _plain(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.array([_number(cell) for cell in cells], np.float64)
    except ValueError:
        return None


def _number(cell: str) -> float:
    if cell.lower() in MISSING:
        return float("nan")
    if "_" in cell:  # Python reads 1_2 as 12
        raise ValueError(cell)
    return float(cell)


def _fits(text: str, group: str, decimal: str) -> bool:
    whole, mark, part = text.partition(decimal)
    if mark and not (part.isascii() and part.isdigit()):
        return False
    if group and group in whole:
        return bool(_THOUSANDS[group].fullmatch(whole) or (group == "," and _INDIAN.fullmatch(whole)))
    return bool(re.fullmatch(r"[+-]?[0-9]*", whole)) and bool(re.search(r"[0-9]", text))
