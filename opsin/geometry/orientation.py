"""Orientation of a volume: order and direction of its axes relative to superior, anterior and right."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from .placement import Affine

_WORLD_ROWS = (2, 1, 0)
"""Row of an affine (right, anterior, superior) for each canonical axis (superior, anterior, right)."""


@dataclass(frozen=True)
class Orientation:
    """Axes of a volume for each canonical axis; indices along canonical axes grow to superior, anterior and right.

    Args:
        order: Axis of the volume for each of the three canonical axes.
        flips: True where the index of the volume decreases along the canonical axis.

    Examples:
        >>> Orientation((2, 0, 1), (False, True, False)).apply(np.zeros((2, 3, 4))).shape
        (4, 2, 3)
    """

    order: tuple[int, int, int] = (0, 1, 2)
    flips: tuple[bool, bool, bool] = (False, False, False)

    def apply(self, array: np.ndarray) -> np.ndarray:
        """Returns a view of a volume (depth, height, width, ...) with canonical axes."""
        moved = array.transpose((*self.order, *range(3, array.ndim)))
        return moved[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]

    def undo(self, array: np.ndarray) -> np.ndarray:
        """Returns a view of a volume with canonical axes in the order and direction of the original."""
        back = array[tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)]
        return back.transpose((*np.argsort(self.order).tolist(), *range(3, array.ndim)))

    def affine(self, affine: Affine, shape: tuple[int, int, int]) -> Affine:
        """Returns the affine of the canonical volume.

        Args:
            affine: (4, 4) map from indices of the original volume to world coordinates.
            shape: (depth, height, width) of the original volume.
        """
        matrix = np.array(affine, float)
        out = matrix.copy()
        for axis, (source, flip) in enumerate(zip(self.order, self.flips, strict=True)):
            out[:, axis] = -matrix[:, source] if flip else matrix[:, source]
            if flip:
                out[:, 3] += matrix[:, source] * (shape[source] - 1)
        return as_affine(out)


def orientation_of(affine: Affine | None) -> Orientation:
    """Returns the orientation that is nearest to an affine; without one the axes are taken as canonical.

    Args:
        affine: (4, 4) map from voxel indices to right, anterior, superior, in millimetres.

    Examples:
        >>> lps = ((0.0, 0.0, -1.0, 0.0), (0.0, -1.0, 0.0, 0.0), (2.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
        >>> orientation_of(lps)
        Orientation(order=(0, 1, 2), flips=(False, True, True))
    """
    if affine is None:
        return Orientation()
    matrix = np.array(affine, float)[:3, :3]
    cosines = matrix / np.linalg.norm(matrix, axis=0).clip(1e-12)
    rows = cosines[list(_WORLD_ROWS)]
    best = max(permutations(range(3)), key=lambda axes: sum(abs(rows[place, axis]) for place, axis in enumerate(axes)))
    order = best[0], best[1], best[2]
    flips = [bool(rows[place, axis] < 0) for place, axis in enumerate(order)]
    return Orientation(order, (flips[0], flips[1], flips[2]))


def as_affine(matrix: np.ndarray) -> Affine:
    """Returns a (4, 4) array as nested tuples."""
    return tuple(tuple(float(value) for value in row) for row in matrix)


def spacing_of(affine: Affine) -> tuple[float, float, float]:
    """Returns the distance between voxels along each axis, in millimetres.

    Args:
        affine: (4, 4) map from voxel indices to world coordinates.
    """
    down, along, across = np.linalg.norm(np.array(affine, float)[:3, :3], axis=0).tolist()
    return down, along, across
