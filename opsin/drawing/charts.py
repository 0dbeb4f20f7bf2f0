"""Charts as data with a title and a caption; the report draws them."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True, eq=False)
class Matrix:
    """Confusion matrix: counts (names, names), with the ground truth in rows and the predictions in columns."""

    title: str
    caption: str
    values: np.ndarray
    names: tuple[str, ...]
    row_label: str
    column_label: str


@dataclass(frozen=True, eq=False)
class Curve:
    """A line through the points (x, y); `counts` are the numbers of images of the points, None where not applicable."""

    name: str
    x: np.ndarray
    y: np.ndarray
    counts: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves on one pair of axes; with `diagonal` both axes go from 0 to 1 and the ideal line y = x is drawn."""

    title: str
    caption: str
    curves: tuple[Curve, ...]
    x_label: str
    y_label: str
    diagonal: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """A scatter plot of (x, y); with `diagonal` the ideal line y = x is drawn."""

    title: str
    caption: str
    x: np.ndarray
    y: np.ndarray
    x_label: str
    y_label: str
    diagonal: bool = False


@dataclass(frozen=True, eq=False)
class Histogram:
    """A histogram: `counts` (n,) of the bins between `edges` (n + 1,)."""

    title: str
    caption: str
    edges: np.ndarray
    counts: np.ndarray
    x_label: str
    y_label: str


Chart: TypeAlias = Matrix | Lines | Points | Histogram
