"""The two places images come from: files below a folder, and arrays in memory."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from opsin.core import DataError

from .decode import values_of

MAX_FILE_BYTES = 2**31
"""A larger file is not read as one image."""


class FileImages:
    """Images as files below one folder; the id is the path within it, written with "/"; nothing outside is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._root = os.path.realpath(folder)
        self._inside: dict[str, bool] = {}

    def path(self, id: str) -> Path:
        """Where the file of `id` lies; DataError when that would be outside the folder."""
        return Path(self._path(id))

    def read(self, id: str) -> bytes:
        """The bytes of one file; DataError when it is missing, outside the folder or too large."""
        return self.start(id, MAX_FILE_BYTES)

    def start(self, id: str, most: int) -> bytes:
        """The first `most` bytes of one file, which mostly tell an image's size; DataError as `read`."""
        path = self._path(id)
        try:
            with open(path, "rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                if size > MAX_FILE_BYTES:
                    raise DataError(f"is larger than {MAX_FILE_BYTES:,} bytes; expected one image")
                return file.read(min(most, size))  # a buffer of `most` bytes would be made first
        except OSError as error:
            raise DataError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error

    def stamp(self, id: str) -> str:
        """Size and times of last change, in nanoseconds."""
        try:
            found = os.stat(self._path(id))
        except OSError as error:
            raise DataError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
        return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"

    def _path(self, id: str) -> str:
        parent, _, name = id.rpartition("/")
        inside = self._inside.get(parent)
        if inside is None:
            pure = PurePosixPath(id)
            inside = not pure.is_absolute() and ".." not in pure.parts and self._within(f"{self._root}/{parent}")
            self._inside[parent] = inside
        path = f"{self._root}/{id}"
        if not inside or name in ("", "..") or (os.path.islink(path) and not self._within(path)):
            raise DataError(f"lies outside of {self.folder}; expected a file below it")
        return path

    def _within(self, path: str) -> bool:
        real = os.path.realpath(path)
        return real == self._root or real.startswith(self._root + os.sep)


class ArrayImages:
    """Images in memory; the ids are "name/17" for the 18th image of the part called `name`."""

    def __init__(self, parts: Mapping[str, np.ndarray | list[Any]]) -> None:
        self._parts = dict(parts)

    def read(self, id: str) -> np.ndarray:
        """The array of one image; DataError when there is none of that id."""
        part, _, place = id.rpartition("/")
        try:
            image = self._parts[part][int(place)]
        except (KeyError, ValueError, IndexError):
            raise DataError(f"is not among the arrays {', '.join(self._parts)}") from None
        return values_of(image) if isinstance(image, Image.Image) else np.asarray(image)

    def stamp(self, id: str) -> str:
        """A digest of the values."""
        array = np.ascontiguousarray(self.read(id))
        head = f"{array.dtype.str}{array.shape}".encode()
        return hashlib.blake2b(head + array.tobytes(), digest_size=16).hexdigest()
