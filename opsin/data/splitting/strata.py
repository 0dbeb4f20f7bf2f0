"""Strata for stratified splits: targets of any kind as a few classes."""

import numpy as np

from ..table import Table

_BINS = 10
_ROWS_A_BIN = 5


def strata_of(table: Table) -> np.ndarray:
    """Returns the stratum of each row, (n,) int64: boxes are grouped by their number; masks are one stratum."""
    if table.target.kind.has_masks:
        return np.zeros(len(table), np.int64)
    return strata(table.target.kind.for_strata(table.targets()))


def strata(targets: np.ndarray) -> np.ndarray:
    """Groups targets into strata: by class, by rarest label, or by quantile of the first number.

    Args:
        targets: As `Table.targets` returns them.

    Returns:
        (n,) int64 stratum of each row.

    Examples:
        >>> strata(np.array([[0, 1], [1, 1], [0, 1], [0, 0]], np.float32))
        array([2, 1, 2, 0])
    """
    if targets.ndim == 1 and targets.dtype.kind in "iu":
        return targets.astype(np.int64)
    columns = targets.reshape(len(targets), -1)
    if np.isin(columns, (0, 1)).all():
        return _rarest_label(columns)
    first = columns[:, 0]
    bins = max(1, min(_BINS, len(first) // _ROWS_A_BIN))
    edges = np.quantile(first, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, first, side="right").astype(np.int64)


def _rarest_label(labels: np.ndarray) -> np.ndarray:
    """Returns 0 where there is no label, else 1 + the label that the fewest rows have."""
    rarity = np.where(labels > 0, labels.sum(axis=0), np.inf)
    return np.where(np.isfinite(rarity.min(axis=1)), 1 + rarity.argmin(axis=1), 0).astype(np.int64)
