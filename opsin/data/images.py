"""Sources of images: files below a folder, and arrays in memory."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from opsin.core import DataError, printable_name, stored_path

from .decode import values_of
from .samples import Volume

MAX_FILE_BYTES = 2**31
"""Limit of the size of an image file."""


class FileImages:
    """Images as files below one folder; nothing outside of it is read.

    The id of an image is its path within the folder, with "/" as separator.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = os.path.realpath(folder)
        self._inside: dict[str, bool] = {}

    def path(self, id: str) -> Path:
        """Returns the path of a file.

        Args:
            id: Id of the image.

        Returns:
            Its path.

        Raises:
            DataError: The path is outside of the folder.
        """
        return Path(self._path(id))

    def read(self, id: str) -> bytes:
        """Reads one file.

        Args:
            id: Id of the image.

        Returns:
            Its bytes.

        Raises:
            DataError: The file is missing, outside of the folder or too large.
        """
        return self.start(id, MAX_FILE_BYTES)

    def start(self, id: str, most: int) -> bytes:
        """Reads the start of one file, which usually holds the size of the image.

        Args:
            id: Id of the image.
            most: Maximum number of bytes.

        Returns:
            Up to `most` bytes.

        Raises:
            DataError: As for `read`.
        """
        path = self._path(id)
        try:
            with open(path, "rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                if size > MAX_FILE_BYTES:
                    raise DataError(f"is larger than {MAX_FILE_BYTES:,} bytes. Expected one image.")
                return file.read(min(most, size))  # avoids allocating a buffer of `most` bytes
        except OSError as error:
            raise DataError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error

    def stamp(self, id: str) -> str:
        """Returns the size and modification times (in nanoseconds) of a file as text, to detect changes.

        Args:
            id: Id of the image.
        """
        try:
            info = os.stat(self._path(id))
        except OSError as error:
            raise DataError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
        return f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}"

    def _path(self, id: str) -> str:
        parent, _, name = id.rpartition("/")
        path = stored_path(self._root, id)
        inside = self._inside.get(parent)
        if inside is None:
            pure = PurePosixPath(id)
            inside = not pure.is_absolute() and ".." not in pure.parts and self._within(os.path.dirname(path))
            self._inside[parent] = inside
        if not inside or name in ("", "..") or (os.path.islink(path) and not self._within(path)):
            raise DataError(f"lies outside of {printable_name(str(self.folder))}. Expected a file below it.")
        return path

    def _within(self, path: str) -> bool:
        real = os.path.realpath(path)
        return real == self._root or real.startswith(self._root + os.sep)


class ArrayImages:
    """Images in memory; the id of the 18th image of the part `name` is "name/17".

    Args:
        parts: Images by the name of their part: an array (n, ...) or a list of images.
    """

    def __init__(self, parts: Mapping[str, np.ndarray | list[Any]]) -> None:
        self._parts = dict(parts)

    def read(self, id: str) -> np.ndarray:
        """Returns the array of one image.

        Args:
            id: Id of the image.

        Returns:
            Its array, in any of the layouts of `as_pixels`.

        Raises:
            DataError: There is no image with this id.
        """
        image = self.item(id)
        return values_of(image) if isinstance(image, Image.Image) else np.asarray(image)

    def item(self, id: str) -> Any:
        """Returns an image as it was given; raises DataError when there is none with this id."""
        part, _, index = id.rpartition("/")
        try:
            return self._parts[part][int(index)]
        except (KeyError, ValueError, IndexError):
            raise DataError(f"is not among the arrays {', '.join(self._parts)}.") from None

    def stamp(self, id: str) -> str:
        """Returns a digest of the values of an image, to detect changes.

        Args:
            id: Id of the image.
        """
        array = np.ascontiguousarray(self.read(id))
        head = f"{array.dtype.str}{array.shape}".encode()
        return hashlib.blake2b(head + array.tobytes(), digest_size=16).hexdigest()


class ArrayVolumes:
    """Volumes in memory; the id of the 18th volume of the part `name` is "name/17".

    Args:
        parts: Volumes by the name of their part: an array (n, depth, height, width, channels), or a list of `Volume`
            or of arrays (depth, height, width[, channels]).
    """

    def __init__(self, parts: Mapping[str, np.ndarray | list[Any]]) -> None:
        self._arrays = ArrayImages(parts)

    def read(self, id: str) -> Volume:
        """Returns one volume.

        Args:
            id: Id of the volume.

        Raises:
            DataError: There is no volume with this id, or it is not an array of a volume.
        """
        found = self._arrays.item(id)
        return found if isinstance(found, Volume) else Volume(np.asarray(found))

    def stamp(self, id: str) -> str:
        """Returns a digest of the values and the geometry of a volume, to detect changes.

        Args:
            id: Id of the image.
        """
        volume = self.read(id)
        array = np.ascontiguousarray(volume.array)
        head = f"{array.dtype.str}{array.shape}{volume.spacing}{volume.affine}".encode()
        return hashlib.blake2b(head + array.tobytes(), digest_size=16).hexdigest()
