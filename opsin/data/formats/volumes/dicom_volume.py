"""Volume of a DICOM series: slices in order, values in their unit, position in space."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError
from opsin.geometry.orientation import spacing_of

from ...samples import Volume
from .dicom_facts import facts_of
from .dicom_grid import SliceGrid
from .dicom_pixels import decoded_frames, inverted, rescaled
from .dicom_series import Series
from .dicom_slices import Slice
from .libraries import medical_library
from .regrid import regridded

MAX_VALUES = 2**31


def read_series(series: Series, *, regrid: bool = False) -> Volume:
    """Reads the slices of a series into a volume.

    Args:
        series: The series.
        regrid: Resamples a stack with gaps or gantry tilt to a regular grid, each slice at its own position.

    Returns:
        The volume (slices, rows, columns); values are in the unit of the rescale, such as Hounsfield units.

    Raises:
        DataError: The slices do not lie on a regular grid, a file cannot be decoded, or values are not finite.
    """
    facts, notes = facts_of(series.header)
    notes = (*series.notes, *notes)
    if len(series.slices) == 1:
        array, more = _values(series.slices)
        return Volume(array, facts=facts, notes=(*notes, *more, "a single slice has no spacing along the depth"))
    grid = series.grid
    if len(grid.slices) * grid.slices[0].size[0] * grid.slices[0].size[1] > MAX_VALUES:
        raise DataError(
            f"has {len(grid.slices)} slices of {grid.slices[0].size}. Expected at most {MAX_VALUES:,} values."
        )
    if grid.problem is not None and not regrid:
        raise DataError(
            f"is no regular grid: {grid.problem}. Fix: opsin.read_study(path, regrid=True) "
            "resamples it, each slice at its own position."
        )
    array, more = _values(grid.slices)
    if grid.problem is not None:
        return replace(
            regridded(array, grid), facts=facts, notes=(*notes, *more, f"resampled to a regular grid: {grid.problem}")
        )
    files = tuple(one.path for one in grid.slices)
    return Volume(
        array,
        spacing_of(grid.affine),
        grid.affine,
        facts,
        (*notes, *more, *_spacing_note(series.header, grid)),
        files if len(set(files)) == len(files) else (),
    )


def _values(slices: Sequence[Slice]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns the values of all slices in their order, and notes."""
    parts: list[np.ndarray] = []
    notes: dict[str, None] = {}
    files = _FileFrames()
    for one in slices:
        try:
            stored, dataset = files.frame(one)
            values = stored[None]
            if values.ndim == 4:
                notes["colour pixels: three channels"] = None
            else:
                values = rescaled(values, [one.rescale])
            if one.kind[1] == "MONOCHROME1":
                values = inverted(values, dataset, one.rescale)
                notes["MONOCHROME1: dark and bright values were exchanged"] = None
        except DataError as error:
            raise DataError(f"{one.path.name} {error}") from error
        parts.append(values)
    kind = np.result_type(*{part.dtype for part in parts})
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise DataError(f"decodes to slices of {len(shapes)} shapes. Expected one.")
    return np.concatenate([part.astype(kind, copy=False) for part in parts]), tuple(notes)


class _FileFrames:
    """Reads one frame after the other and decodes each file once."""

    def __init__(self) -> None:
        self._decoded = lru_cache(maxsize=1)(_decode)

    def frame(self, one: Slice) -> tuple[np.ndarray, Any]:
        frames, dataset = self._decoded(one.path)
        if one.frame >= len(frames):
            raise DataError(f"has {len(frames)} frames. Expected {one.frame + 1} or more.")
        return frames[one.frame], dataset


def _decode(path: Path) -> tuple[np.ndarray, Any]:
    try:
        dataset = medical_library("pydicom").dcmread(path, force=True)
    except Exception as error:
        raise DataError(f"cannot be read as DICOM ({' '.join(str(error).split())[:150]}).") from error
    return decoded_frames(dataset), dataset


def _spacing_note(header: Any, grid: SliceGrid) -> list[str]:
    try:
        thickness = float(header.get("SliceThickness") or 0)
    except (TypeError, ValueError):
        return []
    distance = float(np.median(np.diff(grid.levels)))
    if not thickness or abs(thickness - distance) <= 0.01 * distance:
        return []
    return [f"slices are {thickness:g} mm thick and {distance:g} mm apart: the distance is used"]
