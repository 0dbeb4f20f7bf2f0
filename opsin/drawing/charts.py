"""What there is to draw, as data with a caption in words; the report decides how."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, eq=False)
class Matrix:
    """Counts, (names, names): the truth goes down, the answers go across."""

    title: str
    caption: str
    values: np.ndarray
    names: tuple[str, ...]
    row_label: str
    column_label: str


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through (x, y); `counts` says how many images stand behind each of its points, where that matters."""

    name: str
    x: np.ndarray
    y: np.ndarray
    counts: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves on one pair of axes; with `diagonal` both go from 0 to 1 and y = x is perfection."""

    title: str
    caption: str
    curves: tuple[Curve, ...]
    x_label: str
    y_label: str
    diagonal: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """Dots at (x, y); with `diagonal` y = x is perfection."""

    title: str
    caption: str
    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str
    diagonal: bool = False


@dataclass(frozen=True, eq=False)
class Histogram:
    """`counts` (n) between `edges` (n + 1)."""

    title: str
    caption: str
    edges: np.ndarray
    counts: np.ndarray
    x_label: str
    y_label: str


Chart: TypeAlias = Matrix | Lines | Points | Histogram
