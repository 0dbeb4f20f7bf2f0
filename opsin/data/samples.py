"""Samples that are more than an image: volumes with their geometry, and face photos with landmarks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from opsin.core import DataError
from opsin.geometry import Orientation, orientation_of
from opsin.geometry.orientation import spacing_of
from opsin.geometry.placement import Affine


@dataclass(frozen=True, eq=False)
class Volume:
    """A volume and its position in space.

    Args:
        array: (depth, height, width, channels) or (depth, height, width), numbers of any type.
        spacing: Distance between voxels along the three axes, in millimetres; None where it is unknown.
        affine: (4, 4) map from voxel indices (depth, height, width) to right, anterior, superior, in millimetres (as in
            NIfTI); None where it is unknown.
        facts: What the file says of patient and scanner, from an allow-list without identifiers.
        notes: Findings of the reader, one line each.
        files: File of each slice along the depth, for DICOM with a file a slice; empty for others.

    Raises:
        DataError: The array has another shape or no numbers, or the spacing is not above 0.
    """

    array: np.ndarray
    spacing: tuple[float, float, float] | None = None
    affine: Affine | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if self.array.ndim == 3:
            object.__setattr__(self, "array", self.array[..., None])
        if self.array.ndim != 4 or 0 in self.array.shape:
            raise DataError(f"has the shape {self.array.shape}. Expected (depth, height, width[, channels]).")
        if self.array.dtype.kind not in "biuf":
            raise DataError(f"holds values of type {self.array.dtype}. Expected numbers.")
        if self.spacing is not None and not (len(self.spacing) == 3 and all(0 < one < 1e6 for one in self.spacing)):
            raise DataError(f"has the spacing {self.spacing}. Expected three distances above 0, in millimetres.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(depth, height, width)."""
        return self.array.shape[0], self.array.shape[1], self.array.shape[2]

    @property
    def orientation(self) -> Orientation:
        """Order and direction of the axes; those of a volume without an affine are taken as canonical."""
        return orientation_of(self.affine)

    def canonical(self) -> "Volume":
        """Returns the volume with axes to superior, anterior and right; the values are a view of the same memory."""
        if self.affine is None:
            return self
        orientation = self.orientation
        affine = orientation.affine(self.affine, self.shape)
        spacing = self.spacing or spacing_of(self.affine)
        down, along, across = (spacing[axis] for axis in orientation.order)
        return replace(self, array=orientation.apply(self.array), spacing=(down, along, across), affine=affine)


@dataclass(frozen=True, eq=False)
class Face:
    """A photo of one face and its landmarks.

    Args:
        image: Encoded bytes, or an array (height, width[, channels]).
        landmarks: (5, 2) x and y in pixels of the image: left eye, right eye, nose, left and right corner of the
            mouth, left and right as seen in the image; None where they are unknown.

    Raises:
        DataError: The landmarks have another shape or are not finite.
    """

    image: bytes | np.ndarray
    landmarks: np.ndarray | None = None

    def __post_init__(self) -> None:
        found = self.landmarks
        if found is not None and (found.shape != (5, 2) or not np.isfinite(found).all()):
            raise DataError(f"has landmarks of shape {found.shape}. Expected (5, 2) finite pixels.")


Content: TypeAlias = bytes | np.ndarray | Volume | Face
"""A sample as a source returns it: an encoded image, an array of pixels, a volume or a face."""


def image_of(content: Content) -> bytes | np.ndarray:
    """Returns the image of a face, or an image as it is; raises DataError for a volume."""
    if isinstance(content, Volume):
        raise DataError("is a volume. Expected an image.")
    return content.image if isinstance(content, Face) else content


def as_picture(array: np.ndarray) -> np.ndarray:
    """Returns pixels that show an array.

    Args:
        array: (height, width, channels) or (depth, height, width, channels).

    Returns:
        uint8 (height, width, 1 or 3): the middle slice of a volume, the first channel where there are other than 1 or
        3; values of another type from the smallest of the array to its largest.
    """
    plane = array[len(array) // 2] if array.ndim == 4 else array
    plane = plane if plane.shape[2] in (1, 3) else plane[:, :, :1]
    if array.dtype == np.uint8:
        return plane
    low, high = float(array.min()), float(array.max())
    return np.rint((plane.astype(np.float64) - low) * (255 / (high - low) if high > low else 0.0)).astype(np.uint8)
