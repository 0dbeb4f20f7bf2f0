"""NIfTI files: volumes with their affine, read and written."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError
from opsin.geometry.orientation import as_affine, spacing_of
from opsin.geometry.placement import Affine

from ...samples import Volume
from .libraries import medical_library

NIFTI_ENDINGS = (".nii", ".nii.gz")
MAX_BYTES = 16 * 2**30
"""Limit of the unpacked size of a volume."""
_TO_MILLIMETRES = {"mm": 1.0, "meter": 1000.0, "micron": 0.001, "unknown": 1.0}
_SHEAR = 1e-3
"""Largest cosine between two axes that are taken as perpendicular."""


def is_nifti(name: str | Path) -> bool:
    """Returns True for the name of a NIfTI file.

    Examples:
        >>> is_nifti("scan.nii.gz"), is_nifti("scan.gz")
        (True, False)
    """
    return str(name).lower().endswith(NIFTI_ENDINGS)


def read_nifti(path: str | Path) -> Volume:
    """Reads a NIfTI file (NIfTI-1 or NIfTI-2).

    Args:
        path: File that ends in .nii or .nii.gz.

    Returns:
        The volume; its axes (depth, height, width) are the third, second and first axis of the file, its values are
        scaled by the slope and intercept of the file. A fourth axis becomes channels.

    Raises:
        DataError: The file is damaged, has no spacing or no affine, or holds values that are not finite.
    """
    nibabel = medical_library("nibabel")
    try:
        image = nibabel.load(str(path), mmap=False)
        if not isinstance(image, nibabel.Nifti1Pair):
            raise DataError("is not a NIfTI file. Expected .nii or .nii.gz.")
        return _volume_of(image)
    except DataError:
        raise
    except MemoryError as error:
        raise DataError("is too large for the memory of this machine.") from error
    except Exception as error:  # damaged headers and streams raise errors of many kinds
        reason = " ".join(str(error).split())[:150] or type(error).__name__
        raise DataError(f"cannot be read as NIfTI ({reason}). Expected a complete .nii or .nii.gz file.") from error


def write_nifti(path: Path, array: np.ndarray, affine: Affine) -> None:
    """Writes a volume, so that `read_nifti` returns the same array and affine.

    Args:
        path: File that ends in .nii or .nii.gz; its folder is created.
        array: (depth, height, width) of a type that NIfTI has.
        affine: (4, 4) map from voxel indices to right, anterior, superior, in millimetres.
    """
    nibabel = medical_library("nibabel")
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nibabel.Nifti1Image(np.ascontiguousarray(array.transpose()), _reversed_axes(np.array(affine, float)))
    image.header.set_xyzt_units("mm")
    temporary = path.with_name(f".part-{path.name}")
    nibabel.save(image, str(temporary))
    temporary.replace(path)


def _volume_of(image: Any) -> Volume:
    shape = tuple(int(side) for side in image.shape)
    if len(shape) == 5 and shape[3] == 1:
        shape = (*shape[:3], shape[4])
    elif len(shape) > 4:
        raise DataError(f"has the shape {shape}. Expected three axes, or four with channels.")
    if len(shape) < 3 or 0 in shape:
        raise DataError(f"has the shape {shape}. Expected three axes, or four with channels.")
    if math.prod(shape) * 8 > MAX_BYTES:
        raise DataError(f"unpacks to {math.prod(shape):,} values. Expected at most {MAX_BYTES // 8:,}.")
    affine, notes = _affine_of(image)
    values = np.asanyarray(image.dataobj).reshape(shape)
    if values.dtype.kind == "c" or values.dtype.names:
        raise DataError(f"holds values of type {values.dtype}. Expected numbers.")
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise DataError("holds values that are not numbers (NaN or infinite). Expected finite values.")
        values = values.astype(np.float32)
    values = np.moveaxis(values, 3, 0) if values.ndim == 4 else values[None]
    array = np.moveaxis(values.transpose(0, 3, 2, 1), 0, 3)
    return Volume(array, spacing_of(affine), affine, notes=notes)


def _affine_of(image: Any) -> tuple[Affine, tuple[str, ...]]:
    """Returns the affine of (depth, height, width) indices, and notes."""
    header = image.header
    zooms = [float(zoom) for zoom in header.get_zooms()[:3]]
    if not all(math.isfinite(zoom) and zoom > 0 for zoom in zooms):
        raise DataError(f"has the spacing {zooms}. Expected three distances above 0.")
    sform, qform = int(header["sform_code"]), int(header["qform_code"])
    if not sform and not qform:
        raise DataError(
            "has no position in space (sform_code and qform_code are 0). Expected a scanner or aligned space. "
            "Fix: set the sform of the file if its axes are known."
        )
    matrix = np.array(image.affine, float)
    try:
        unit = header.get_xyzt_units()[0]
    except KeyError:
        unit = "unknown"
    matrix[:3] *= _TO_MILLIMETRES.get(unit, 1.0)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
        raise DataError("has an affine that cannot be inverted. Expected three independent axes.")
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    if np.abs(axes.T @ axes - np.eye(3)).max() > _SHEAR:
        raise DataError("has axes that are not perpendicular (shear). Fix: resample it to a regular grid first.")
    notes: list[str] = []
    if sform and qform and not np.allclose(header.get_sform(), header.get_qform(), atol=0.01):
        notes.append("sform and qform differ: the sform is used")
    if unit == "unknown":
        notes.append("the unit of distances is not stated: millimetres are used")
    return as_affine(_reversed_axes(matrix)), tuple(notes)


def _reversed_axes(matrix: np.ndarray) -> np.ndarray:
    return matrix[:, [2, 1, 0, 3]]
