"""Distances between the surfaces of two masks of a volume, in millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

PERCENTILE = 95
TOLERANCE_MM = 1.0
"""Distance within which two surfaces agree, for the normalized surface Dice."""


@dataclass(frozen=True)
class SurfaceScores:
    """Comparison of two surfaces.

    Attributes:
        hd95: 95th percentile of the distances from a surface voxel to the other surface, the larger of both directions.
        surface_dice: Share of the surface voxels of both masks that lie within the tolerance of the other surface.
    """

    hd95: float
    surface_dice: float


def compare_surfaces(
    predicted: np.ndarray, labelled: np.ndarray, spacing: Sequence[float], tolerance: float = TOLERANCE_MM
) -> SurfaceScores:
    """Computes the 95th percentile of the Hausdorff distance and the normalized surface Dice.

    A surface voxel belongs to the mask and has a neighbour (of six) outside of it. Where only one of the masks has
    voxels, the distance is the diagonal of the volume and the surface Dice 0, so that a missed structure counts.

    Args:
        predicted: bool (depth, height, width).
        labelled: bool of the same shape.
        spacing: Distance between voxels along each axis, in millimetres.
        tolerance: Distance of agreeing surfaces, in millimetres (Nikolov et al. 2018, arXiv:1809.04430).

    Returns:
        The scores; nan where both masks are empty.

    Examples:
        >>> one, other = np.zeros((2, 5, 5, 5), bool)
        >>> one[2, 2, 2] = other[2, 2, 4] = True
        >>> compare_surfaces(one, other, (1, 1, 2)).hd95
        4.0
    """
    if not predicted.any() and not labelled.any():
        return SurfaceScores(float("nan"), float("nan"))
    if not predicted.any() or not labelled.any():
        diagonal = float(np.linalg.norm(np.array(predicted.shape) * np.array(spacing)))
        return SurfaceScores(diagonal, 0.0)
    part = _around(predicted | labelled)
    edges = [surface_voxels(np.pad(mask[part], 1)) for mask in (predicted, labelled)]
    forward, backward = (_distances(one, other, spacing) for one, other in (edges, edges[::-1]))
    near = int((forward <= tolerance + 1e-6).sum() + (backward <= tolerance + 1e-6).sum())
    hd95 = max(float(np.percentile(one, PERCENTILE)) for one in (forward, backward))
    return SurfaceScores(hd95, near / (len(forward) + len(backward)))


def surface_voxels(mask: np.ndarray) -> np.ndarray:
    """Returns the voxels of a mask with a neighbour (of six) outside of it; the outside of the array counts as outside.

    Args:
        mask: bool (depth, height, width).
    """
    inner = mask.copy()
    for axis in range(mask.ndim):
        for shift in (1, -1):
            moved = np.roll(mask, shift, axis)
            edge = [slice(None)] * mask.ndim
            edge[axis] = slice(0, 1) if shift == 1 else slice(-1, None)
            moved[tuple(edge)] = False
            inner &= moved
    return mask & ~inner


def _distances(edge: np.ndarray, other: np.ndarray, spacing: Sequence[float]) -> np.ndarray:
    """Distances of the voxels of one surface to the nearest voxel of the other."""
    from scipy import ndimage

    return cast(Any, ndimage).distance_transform_edt(~other, sampling=tuple(spacing))[edge]


def _around(mask: np.ndarray) -> tuple[slice, ...]:
    """Returns the slices of the smallest box around a mask."""
    found: list[slice] = []
    for axis in range(mask.ndim):
        where = np.flatnonzero(mask.any(tuple(other for other in range(mask.ndim) if other != axis)))
        found.append(slice(int(where[0]), int(where[-1]) + 1))
    return tuple(found)
