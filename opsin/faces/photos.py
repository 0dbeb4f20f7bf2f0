"""Image files with faces: bounded decoding, and the digest that a gallery keeps."""

import hashlib
import io
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from opsin.core import DataError, Progress, silent, write_bytes
from opsin.data import decode
from opsin.data.images import MAX_FILE_BYTES

from .alignment import align
from .found import FoundFace

MAX_WORKERS = 8
_AHEAD = 2 * MAX_WORKERS
"""Photos that are read ahead; their faces are kept, not their pixels."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded image file.

    Attributes:
        path: Path of the file.
        digest: SHA-256 of its bytes.
        pixels: uint8 (height, width, 1 or 3), upright.
    """

    path: Path
    digest: str
    pixels: np.ndarray


def read_photo(path: Path) -> Photo:
    """Reads an image file; its size is checked before it is decoded.

    Raises:
        DataError: The file is missing, is not an image, or declares too many pixels.
    """
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise DataError(f"{path} has {size:,} bytes. Expected at most {MAX_FILE_BYTES:,}.")
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Expected an image file.") from error
    try:
        return Photo(path, hashlib.sha256(content).hexdigest(), decode(content))
    except DataError as error:
        raise DataError(f"{path} {error}") from error


Find = Callable[[np.ndarray], Sequence[FoundFace]]
"""Finds the faces in uint8 pixels (height, width, 1 or 3), the largest first."""


@dataclass(frozen=True, eq=False)
class PhotoFaces:
    """The faces of one file.

    Attributes:
        path: Path of the file.
        digest: SHA-256 of its bytes; "" where it cannot be read.
        faces: Faces, the largest first.
        shape: Height and width of the image; zeros where it cannot be read.
        error: Reason why the file cannot be read, or None.
    """

    path: Path
    digest: str
    faces: tuple[FoundFace, ...]
    shape: tuple[int, int] = (0, 0)
    error: str | None = None


def find_faces(path: Path, find: Find) -> PhotoFaces:
    """Finds the faces of a file; a file that cannot be read has none and an error."""
    try:
        photo = read_photo(path)
    except DataError as error:
        return PhotoFaces(path, "", (), error=str(error))
    height, width = photo.pixels.shape[:2]
    return PhotoFaces(path, photo.digest, tuple(find(photo.pixels)), (height, width))


def one_thread_each(workers: int | None = None) -> ThreadPoolExecutor:
    """Returns a pool whose threads each run networks on one core: small layers cost more in synchronization than they
    gain from several, above all on a busy machine.

    Args:
        workers: Number of threads. Default: one a core, MAX_WORKERS at most.
    """
    count = workers or min(MAX_WORKERS, os.cpu_count() or 1)
    return ThreadPoolExecutor(count, "opsin-faces", initializer=torch.set_num_threads, initargs=(1,))


def find_all(
    paths: Sequence[Path], find: Find, progress: Progress = silent, stage: str = "finding faces"
) -> Iterator[PhotoFaces]:
    """Finds the faces of files, several at a time; yields them in order.

    Args:
        paths: Image files.
        find: Finds faces, from any thread.
        progress: Called after each file.
        stage: Name of the stage for `progress`.
    """
    with one_thread_each() as pool:
        waiting = deque(pool.submit(find_faces, path, find) for path in paths[:_AHEAD])
        for number in range(len(paths)):
            yield waiting.popleft().result()
            if number + _AHEAD < len(paths):
                waiting.append(pool.submit(find_faces, paths[number + _AHEAD], find))
            progress(stage, number + 1, len(paths))


def write_crops(found: PhotoFaces, folder: Path) -> list[Path]:
    """Writes the faces of a file, upright and of one size, as `<name>-<number>.png`.

    Args:
        found: Faces of a file.
        folder: Folder to write to.

    Returns:
        The files, in the order of the faces.

    Raises:
        OpsinError: The folder cannot be written.
    """
    if not found.faces:
        return []
    pixels = read_photo(found.path).pixels
    colour = np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
    files = [folder / f"{found.path.stem}-{number + 1}.png" for number in range(len(found.faces))]
    for file, face in zip(files, found.faces, strict=True):
        content = io.BytesIO()
        Image.fromarray(align(colour, face.landmarks)).save(content, "PNG")
        write_bytes(file, content.getvalue())
    return files
