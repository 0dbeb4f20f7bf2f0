"""Sources of volumes and of their label masks: NIfTI files below one folder."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from opsin.core import DataError
from opsin.geometry.placement import Affine

from ...images import FileImages
from ...samples import Volume
from .nifti import read_nifti

SAME_GRID = 0.05
"""Largest distance between the corners of two grids that are the same, in voxels."""


class FileVolumes:
    """Volumes as NIfTI files; a volume of several channels has a file for each.

    Args:
        files: Folder of the files.
        channels: Paths of the channels of each volume, by its id.
    """

    def __init__(self, files: FileImages, channels: Mapping[str, Sequence[str]]) -> None:
        self._files = files
        self._channels = {id: tuple(paths) for id, paths in channels.items()}

    def read(self, id: str) -> Volume:
        """Reads one volume.

        Args:
            id: Id of the volume.

        Raises:
            DataError: A file cannot be read, or channels have different grids.
        """
        volumes = [read_nifti(self._files.path(path)) for path in self._paths(id)]
        first = volumes[0]
        for one, path in zip(volumes[1:], self._paths(id)[1:], strict=True):
            check_same_grid(one, first, f"has the channel {path}")
        if len(volumes) == 1:
            return first
        return replace(first, array=np.concatenate([one.array for one in volumes], 3))

    def stamp(self, id: str) -> str:
        """Returns sizes and modification times of the files of a volume, to detect changes.

        Args:
            id: Id of the volume.
        """
        return "|".join(self._files.stamp(path) for path in self._paths(id))

    def _paths(self, id: str) -> tuple[str, ...]:
        if id not in self._channels:
            raise DataError("is not among the volumes.")
        return self._channels[id]


class FileVolumeMasks:
    """Masks of volumes as NIfTI files, on the grid of their volume.

    Args:
        files: Folder of the files.
        paths: Path of the mask by the id of its volume.
        classes: Class index of each value.
        volumes: The volumes.
    """

    def __init__(
        self, files: FileImages, paths: Mapping[str, str], classes: Mapping[int, int], volumes: FileVolumes
    ) -> None:
        self._files, self._paths, self._volumes = files, dict(paths), volumes
        self._table = np.full(256, -1, np.int16)
        for value, index in classes.items():
            self._table[value] = index

    def read(self, id: str) -> np.ndarray:
        """Returns one mask, uint8 (depth, height, width) of class indices.

        Args:
            id: Id of the volume.

        Raises:
            DataError: The mask cannot be read, has an unknown value, or another grid than its volume.
        """
        path = self._paths[id]
        try:
            mask = read_nifti(self._files.path(path))
            values = label_values(mask)
        except DataError as error:
            raise DataError(f"has a mask {path} that {error}") from error
        check_same_grid(mask, self._volumes.read(id), f"has a mask {path}")
        found = self._table[values]
        if (found < 0).any():
            unknown = np.unique(values[found < 0])[:3].tolist()
            raise DataError(f"has a mask {path} with the values {unknown}, which are no class.")
        return found.astype(np.uint8)

    def stamp(self, id: str) -> str:
        """Returns size and modification times of a mask and its classes, to detect changes.

        Args:
            id: Id of the volume.
        """
        return f"{self._files.stamp(self._paths[id])}|{self._table.tobytes().hex()[:64]}"


def label_values(mask: Volume) -> np.ndarray:
    """Returns the values of a mask as uint8 (depth, height, width).

    Args:
        mask: The mask; its values may be stored as floats.

    Raises:
        DataError: It has channels, fractions, or values outside of 0 to 255.
    """
    if mask.array.shape[3] != 1:
        raise DataError(f"has {mask.array.shape[3]} channels. Expected one value for each voxel.")
    values = mask.array[..., 0]
    whole = np.rint(values) if values.dtype.kind == "f" else values
    if values.dtype.kind == "f" and not np.array_equal(whole, values):
        raise DataError("has fractions. Expected whole numbers of classes.")
    if whole.min() < 0 or whole.max() > 255:
        raise DataError(f"has values from {whole.min():g} to {whole.max():g}. Expected 0 to 255.")
    return whole.astype(np.uint8)


def check_same_grid(one: Volume, other: Volume, what: str) -> None:
    """Raises DataError unless two volumes have the same shape and position in space.

    Args:
        one: A volume.
        other: The volume that it belongs to.
        what: Start of the message, such as "has a mask 3.nii".
    """
    if one.shape != other.shape:
        raise DataError(f"{what} of {_times(one.shape)}, but is {_times(other.shape)} itself. Expected one grid.")
    if one.affine is None or other.affine is None or other.spacing is None:
        return
    distance = corner_distance(one.affine, other.affine, other.shape)
    if distance > SAME_GRID * min(other.spacing):
        raise DataError(
            f"{what} on another grid: corners are up to {distance:.3g} mm apart. Expected one grid. "
            "Fix: resample the mask to the image."
        )


def corner_distance(one: Affine, other: Affine, shape: tuple[int, int, int]) -> float:
    """Returns the largest distance between the corners of two grids, in millimetres."""
    corners = np.array(np.meshgrid(*[(0, side - 1) for side in shape], indexing="ij")).reshape(3, -1)
    points = np.vstack([corners, np.ones(corners.shape[1])])
    difference = (np.array(one, float) - np.array(other, float)) @ points
    return float(np.linalg.norm(difference[:3], axis=0).max())


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
