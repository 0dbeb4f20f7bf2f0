"""Resampling of a stack of slices with gaps or gantry tilt to a regular grid, each slice at its own position."""

import numpy as np
import torch
import torch.nn.functional as F

from opsin.core import DataError
from opsin.geometry.orientation import spacing_of

from ...samples import Volume
from .dicom_grid import SliceGrid, grid_affine

MAX_VALUES = 2**31


def regridded(array: np.ndarray, grid: SliceGrid) -> Volume:
    """Resamples slices to a grid whose first axis is perpendicular to them.

    Every slice is moved within its plane to its own position (linear), then neighbouring slices are interpolated
    linearly. Slices are as far apart as the two nearest ones were. Outside of the slices values are the smallest.

    Args:
        array: (slices, rows, columns) in the order of the grid.
        grid: Positions of the slices.

    Returns:
        The volume, of the type of `array`.

    Raises:
        DataError: The regular grid would be too large.
    """
    first = grid.slices[0]
    assert first.position is not None and first.directions is not None and first.spacing is not None
    shifts = grid.drifts / np.array(first.spacing)  # in pixels, of rows and columns
    before = np.floor(shifts.min(0)).astype(int)
    after = np.ceil(shifts.max(0)).astype(int)
    size = np.array(array.shape[1:3]) + after - before
    step = float(np.diff(grid.levels).min())
    count = int(np.floor((grid.levels[-1] - grid.levels[0]) / step + 1e-6)) + 1
    if count * size[0] * size[1] > MAX_VALUES:
        raise DataError(f"would have {count} slices of {size[0]}x{size[1]} as a regular grid. Fix: resample it first.")
    low = float(array.min())
    moved = np.stack([_moved(plane, shift - before, size, low) for plane, shift in zip(array, shifts, strict=True)])
    levels = grid.levels[0] + step * np.arange(count)
    right = np.searchsorted(grid.levels, levels, side="right").clip(1, len(grid.levels) - 1)
    share = (levels - grid.levels[right - 1]) / (grid.levels[right] - grid.levels[right - 1])
    share = share.clip(0, 1).astype(np.float32)[:, None, None]
    out = moved[right - 1] * (1 - share) + moved[right] * share
    normal = np.cross(first.directions[0], first.directions[1])
    corner = before * np.array(first.spacing)
    origin = first.position + corner[0] * first.directions[1] + corner[1] * first.directions[0]
    affine = grid_affine(first, origin, normal * step)
    values = out if array.dtype.kind == "f" else np.rint(out).astype(array.dtype)
    return Volume(values, spacing_of(affine), affine)


def _moved(plane: np.ndarray, shift: np.ndarray, size: np.ndarray, outside: float) -> np.ndarray:
    """Returns a plane on a larger grid, moved by `shift` (rows, columns) pixels."""
    whole, part = np.floor(shift).astype(int), shift - np.floor(shift)
    values = torch.from_numpy(np.ascontiguousarray(plane, np.float32))[None, None] - outside
    kernel = torch.tensor(np.outer([part[0], 1 - part[0]], [part[1], 1 - part[1]]), dtype=torch.float32)
    spread = F.conv2d(F.pad(values, (1, 1, 1, 1)), kernel[None, None])[0, 0].numpy() + outside
    out = np.full(tuple(size), outside, np.float32)
    rows, columns = (
        min(side, int(edge) - int(begin)) for side, edge, begin in zip(spread.shape, size, whole, strict=True)
    )
    out[whole[0] : whole[0] + rows, whole[1] : whole[1] + columns] = spread[:rows, :columns]
    return out
