"""Reading of one study: a NIfTI file, a DICOM file or a folder with one volume."""

from collections.abc import Sequence
from pathlib import Path

from opsin.core import DataError

from ...samples import Volume
from ..scan import scan
from .dicom_series import Series, find_series, listed
from .dicom_volume import read_series
from .nifti import is_nifti, read_nifti


def read_study(path: str | Path, *, series: int | None = None, regrid: bool = False) -> Volume:
    """Reads a volume with its geometry from a NIfTI file or a DICOM folder.

    Nothing is guessed: what has no spacing, mixes orientations, or lies on no regular grid is refused.

    Args:
        path: A .nii or .nii.gz file, a DICOM file with several frames, or a folder of any layout with one of these or
            with the files of a DICOM series.
        series: Number of the volume, from 1, where the folder has several. The error lists them.
        regrid: Resamples a DICOM series with gaps or gantry tilt to a regular grid.

    Returns:
        The volume: array (depth, height, width, channels), spacing in millimetres, and affine.

    Raises:
        DataError: There is no volume, more than one, or one that cannot be placed in space.

    Examples:
        >>> from tempfile import mkdtemp
        >>> from opsin.data.formats.volumes.nifti import write_nifti
        >>> import numpy as np
        >>> file = Path(mkdtemp()) / "scan.nii.gz"
        >>> write_nifti(file, np.zeros((4, 5, 6), np.int16), ((0, 0, 1, 0), (0, 1, 0, 0), (2, 0, 0, 0), (0, 0, 0, 1)))
        >>> read_study(file).spacing
        (2.0, 1.0, 1.0)
    """
    place = Path(path).expanduser()
    if not place.exists():
        raise DataError(f"{path} does not exist. Expected a NIfTI file or a folder of DICOM files.")
    try:
        if place.is_file() and is_nifti(place):
            return read_nifti(place)
        files = [place] if place.is_file() else files_below(place)
        volumes = [file for file in files if is_nifti(file)]
        found, notes = find_series([file for file in files if not is_nifti(file)])
        if len(volumes) == 1 and not found:
            return read_nifti(volumes[0])
        if volumes:
            raise DataError(f"holds {len(volumes)} NIfTI files and {len(found)} DICOM series. Fix: name one file.")
        return read_series(_chosen(found, notes, series), regrid=regrid)
    except DataError as error:
        raise DataError(f"{path} {error}") from error


def files_below(folder: Path) -> list[Path]:
    """Returns all files below a folder but hidden ones, sorted."""
    listing = scan(folder)
    return [
        folder / name for name in sorted((*listing.images, *listing.others)) if name.rpartition("/")[2] != "DICOMDIR"
    ]


def _chosen(found: Sequence[Series], notes: Sequence[str], number: int | None) -> Series:
    if not found:
        raise DataError("holds no volume. Expected DICOM files with pixels, or a NIfTI file." + _after(notes))
    if number is not None and not 1 <= number <= len(found):
        raise DataError(f"has no volume {number}. Expected one of {listed(found)}.")
    if number is None and len(found) > 1:
        raise DataError(
            f"holds {len(found)} volumes: {listed(found)}. Expected one. Fix: choose one with series=NUMBER."
        )
    one = found[0 if number is None else number - 1]
    return Series(one.description, one.slices, one.header, (*one.notes, *notes))


def _after(notes: Sequence[str]) -> str:
    return f" Found: {'; '.join(notes)}." if notes else ""
