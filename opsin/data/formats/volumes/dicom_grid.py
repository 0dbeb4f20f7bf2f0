"""Regular grid of a stack of DICOM slices: order, spacing, affine; tilt, gaps and duplicates are found."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError
from opsin.geometry.orientation import as_affine
from opsin.geometry.placement import Affine

from .dicom_slices import Slice

_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
SAME_POSITION = 1e-3
"""Distance in millimetres below which two slices are at the same position."""
UNEVEN = 0.02
"""Largest difference between two distances of slices, as a share of their median."""
DRIFT = 0.1
"""Largest movement of the slices within their plane over the whole stack, as a share of a pixel."""


@dataclass(frozen=True)
class SliceGrid:
    """Slices in the order of their position, and the grid that they lie on.

    Attributes:
        slices: The slices, in ascending order along the normal.
        levels: (n,) position along the normal, in millimetres.
        drifts: (n, 2) position of the first pixel relative to that of the first slice, along (column, row) direction,
            in millimetres.
        problem: Deviation from a regular grid; None for a regular grid.
    """

    slices: tuple[Slice, ...]
    levels: np.ndarray
    drifts: np.ndarray
    problem: str | None

    @property
    def affine(self) -> Affine:
        """Map from (slice, row, column) to right, anterior, superior, in millimetres, of a regular grid."""
        first, last = self.slices[0], self.slices[-1]
        assert first.position is not None and last.position is not None
        return grid_affine(first, first.position, (last.position - first.position) / (len(self.slices) - 1))


def grid_affine(first: Slice, origin: np.ndarray, step: np.ndarray) -> Affine:
    """Returns the affine of a grid that begins at `origin`.

    Args:
        first: Slice with the directions and the spacing of all slices.
        origin: (3,) centre of the first voxel, to left, posterior, superior.
        step: (3,) vector from a slice to the next.
    """
    assert first.directions is not None and first.spacing is not None
    matrix = np.eye(4)
    matrix[:3, 0] = step
    matrix[:3, 1] = first.directions[1] * first.spacing[0]
    matrix[:3, 2] = first.directions[0] * first.spacing[1]
    matrix[:3, 3] = origin
    return as_affine(_TO_RAS @ matrix)


def arrange(slices: Sequence[Slice]) -> SliceGrid:
    """Orders slices by their position.

    Args:
        slices: At least two slices of one series.

    Raises:
        DataError: Slices have no position, spacing or orientation, differ in them or in their size, or share a
            position.
    """
    first = slices[0]
    _check_same(slices)
    assert first.directions is not None and first.spacing is not None
    row, column = first.directions
    normal = np.cross(row, column)
    positions = np.array([one.position for one in slices])
    levels = positions @ normal
    order = np.argsort(levels, kind="stable")
    chosen, levels, positions = [slices[index] for index in order], levels[order], positions[order]
    gaps = np.diff(levels)
    if gaps.min() < SAME_POSITION:
        pair = chosen[int(gaps.argmin())], chosen[int(gaps.argmin()) + 1]
        names = " and ".join(_name(one) for one in pair)
        raise DataError(f"has two slices at the same position: {names}. Expected one. Fix: remove the copy.")
    moved = positions - positions[0]
    drifts = np.stack([moved @ column, moved @ row], 1)
    return SliceGrid(tuple(chosen), levels, drifts, _problem(gaps, drifts, first.spacing))


def _problem(gaps: np.ndarray, drifts: np.ndarray, spacing: tuple[float, float]) -> str | None:
    problems: list[str] = []
    if np.abs(drifts).max() > DRIFT * min(spacing):
        angle = np.degrees(np.arctan2(np.abs(drifts[-1]).max(), gaps.sum()))
        problems.append(f"its slices are shifted in their plane (gantry tilt of about {angle:.1f} degrees)")
    median = float(np.median(gaps))
    if np.abs(gaps - median).max() > max(UNEVEN * median, 0.01):
        problems.append(f"the distance between its slices varies from {gaps.min():.3g} to {gaps.max():.3g} mm")
    return " and ".join(problems) or None


def _check_same(slices: Sequence[Slice]) -> None:
    first = slices[0]
    for one in slices:
        for name, value in (
            ("ImagePositionPatient", one.position),
            ("ImageOrientationPatient", one.directions),
            ("PixelSpacing", one.spacing),
        ):
            if value is None:
                raise DataError(f"has no {name} ({_name(one)}). Expected the position and spacing of every slice.")
        assert one.directions is not None and first.directions is not None
        assert one.spacing is not None and first.spacing is not None
        if one.size != first.size:
            raise DataError(
                f"mixes slices of {_times(first.size)} ({_name(first)}) and {_times(one.size)} ({_name(one)}). "
                "Expected one size. Fix: put each series into a folder of its own."
            )
        if np.abs(one.directions - first.directions).max() > 1e-3:
            raise DataError(
                f"mixes slices of different orientation ({_name(first)} and {_name(one)}). "
                "Expected parallel slices. Fix: put each series into a folder of its own."
            )
        if np.abs(np.array(one.spacing) / first.spacing - 1).max() > 1e-3:
            raise DataError(
                f"mixes slices with pixels of {first.spacing} and {one.spacing} mm ({_name(first)} and {_name(one)}). "
                "Expected one spacing."
            )


def _name(one: Slice) -> str:
    return one.path.name if one.frame == 0 else f"{one.path.name} frame {one.frame + 1}"


def _times(size: tuple[int, int]) -> str:
    return "x".join(map(str, size))
