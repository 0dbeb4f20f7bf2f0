"""What there is to draw, as data; the report decides how."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, eq=False)
class Matrix:
    """Counts (rows, columns): truth down, answers across."""

    title: str
    values: np.ndarray
    names: tuple[str, ...]
    row_label: str
    column_label: str


@dataclass(frozen=True, eq=False)
class Lines:
    """Named curves [(name, x, y)]; `diagonal` is the line of perfection."""

    title: str
    curves: tuple[tuple[str, np.ndarray, np.ndarray], ...]
    x_label: str
    y_label: str
    diagonal: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """Dots at (x, y); `diagonal` is the line of perfection."""

    title: str
    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str
    diagonal: bool = False


Chart: TypeAlias = Matrix | Lines | Points
