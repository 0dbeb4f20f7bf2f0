"""All images of a table, decoded once to one size: a memory-mapped array that opens at once the next time."""

import errno
import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError, Progress, silent

from ..decode import as_pixels, decode
from ..intensity import Intensity
from ..table import Images, Table
from .cache import cache_folder, discard, hold, make_room, making
from .preprocessing import letterbox, letterbox_into

FORMAT = 3
"""Counts up whenever decoding or resizing gives other pixels, so that an old store is not taken for a new one."""

_CHUNK_BYTES = 16 * 2**20
_CHUNKS_EACH = 16
"""At least, so that no thread waits long for another at the end."""
_SPARE_BYTES = 256 * 2**20

Size = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Store:
    """Decoded images in the order of their table.

    `pixels` is uint8 (n, height, width, channels), read-only; `digests` uint64 (n,), of the stored pixels, 0 for an
    image that could not be read; `errors` names it and says in one line, by row, why not (its pixels are 0).
    `intensity` is the scale that images of more than 8 bits were decoded with.
    """

    pixels: np.ndarray
    pixel_hashes: np.ndarray
    errors: dict[int, str]
    notes: tuple[str, ...] = ()
    intensity: Intensity | None = None
    _hold: Any = field(default=None, repr=False)


def open_store(
    table: Table,
    size: Size,
    intensity: Intensity | None = None,
    *,
    cache: Path | None = None,
    progress: Progress = silent,
) -> Store:
    """The images of `table` as uint8 (n, height, width, channels) of `size`, from the cache when it has them.

    `intensity` is the scale of images of more than 8 bits, as `find_intensity` or a model's preprocessing has it.

    The cache is `cache`, or OPSIN_CACHE, or the user's cache folder; when it cannot be written the images are kept in
    memory, with a note. Raises DataError when not one image can be read, or when they fit nowhere.
    """
    if not len(table):
        raise DataError(f"{table.origin}: there is no image to read; expected at least one")
    entry = cache_folder(cache) / "images" / _key(table, size, intensity)
    store = _opened(entry, table, size, intensity)
    if store is None:
        try:
            store = _built_on_disk(entry, table, size, intensity, progress)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            note = f"decoded images are kept in memory, for {entry.parent} cannot be written ({reason})"
            store = _built_in_memory(table, size, intensity, progress, note)
    if len(store.errors) == len(table):
        first = next(iter(store.errors.values()))
        raise DataError(f"{table.origin}: none of {len(table)} images can be read; the first: {first}")
    return store


def read_pixels(images: Images, id: str, size: Size, intensity: Intensity | None = None) -> np.ndarray:
    """One image as it stands in a store: uint8 of exactly `size`. Raises DataError when it cannot be read."""
    return letterbox(_about(images, id, size, intensity), size)


def _about(images: Images, id: str, size: Size, intensity: Intensity | None) -> np.ndarray:
    """An image as it came, or smaller where that costs less, but not smaller than `size`."""
    content = images.read(id)
    if isinstance(content, bytes):
        return decode(content, at_least=size[:2], intensity=intensity)
    return as_pixels(content, intensity)


def whole_pixels(images: Images, id: str, intensity: Intensity | None = None) -> np.ndarray:
    """One image as it came, uint8 (height, width, 1 or 3). Raises DataError when it cannot be read."""
    content = images.read(id)
    return decode(content, intensity=intensity) if isinstance(content, bytes) else as_pixels(content, intensity)


def _key(table: Table, size: Size, intensity: Intensity | None) -> str:
    digest = hashlib.blake2b(repr((FORMAT, size, intensity)).encode(), digest_size=16)
    stamp = table.images.stamp
    for id in table.rows["id"]:
        try:
            digest.update(f"{id}\0{stamp(id)}\0".encode())
        except DataError as error:
            digest.update(f"{id}\0{error}\0".encode())
    return digest.hexdigest()


def _opened(entry: Path, table: Table, size: Size, intensity: Intensity | None) -> Store | None:
    lock = hold(entry)
    if lock is None:
        return None
    try:
        pixels = np.load(entry / "pixels.npy", mmap_mode="r", allow_pickle=False)
        digests = np.load(entry / "digests.npy", allow_pickle=False)
        errors = {int(row): str(why) for row, why in json.loads((entry / "errors.json").read_text()).items()}
        if pixels.shape == (len(table), *size) and digests.shape == (len(table),):
            return Store(pixels, digests, errors, (), intensity, lock)
    except (OSError, ValueError):
        pass
    lock.close()
    discard(entry)  # damaged: it is made again
    return None


def _built_on_disk(entry: Path, table: Table, size: Size, intensity: Intensity | None, progress: Progress) -> Store:
    needed = len(table) * int(np.prod(size))
    make_room(entry.parent, needed)
    with making(entry) as part:
        if shutil.disk_usage(part).free < needed + _SPARE_BYTES:
            raise OSError(errno.ENOSPC, "not enough space left on the disk")
        with open(part / "pixels.npy", "wb") as file:
            head = {"descr": "|u1", "fortran_order": False, "shape": (len(table), *size)}
            np.lib.format.write_array_header_1_0(file, head)
            file.flush()
            if hasattr(os, "posix_fallocate"):  # in one piece, which is sooner; and a full disk is known now
                os.posix_fallocate(file.fileno(), file.tell(), needed)

            def write(start: int, chunk: np.ndarray) -> None:
                file.write(chunk.data)

            digests, errors = _decode_all(table, size, intensity, write, progress)
            file.flush()
            os.fsync(file.fileno())
        np.save(part / "digests.npy", digests)
        (part / "errors.json").write_text(json.dumps(errors))
    store = _opened(entry, table, size, intensity)
    if store is None:
        raise OSError(errno.ENOENT, "it was removed while it was made")
    return store


def _built_in_memory(table: Table, size: Size, intensity: Intensity | None, progress: Progress, note: str) -> Store:
    try:
        pixels = np.zeros((len(table), *size), np.uint8)
    except MemoryError:
        raise DataError(
            f"{table.origin}: {note}, and the memory is too small; name a folder in OPSIN_CACHE, or a smaller --size"
        ) from None

    def write(start: int, chunk: np.ndarray) -> None:
        pixels[start : start + len(chunk)] = chunk

    digests, errors = _decode_all(table, size, intensity, write, progress)
    pixels.setflags(write=False)
    return Store(pixels, digests, errors, (note,), intensity)


def _decode_all(
    table: Table,
    size: Size,
    intensity: Intensity | None,
    write: Callable[[int, np.ndarray], None],
    progress: Progress,
) -> tuple[np.ndarray, dict[int, str]]:
    """Decodes chunks side by side and writes them in order; few wait at a time, so memory stays small."""
    ids = table.rows["id"].to_list()
    digests = np.zeros(len(ids), np.uint64)
    errors: dict[int, str] = {}
    workers = min(8, os.cpu_count() or 1)
    even = -(-len(ids) // (_CHUNKS_EACH * workers))
    step = max(1, min(256, _CHUNK_BYTES // int(np.prod(size)), even))
    waiting: deque[tuple[int, Future[tuple[np.ndarray, np.ndarray, dict[int, str]]]]] = deque()
    with ThreadPoolExecutor(workers) as pool:

        def finish() -> None:
            start, future = waiting.popleft()
            pixels, some_digests, some_errors = future.result()
            write(start, pixels)
            digests[start : start + len(pixels)] = some_digests
            errors.update({start + row: why for row, why in some_errors.items()})
            progress("reading images", start + len(pixels), len(ids))

        try:
            for start in range(0, len(ids), step):
                some = ids[start : start + step]
                waiting.append((start, pool.submit(_decode_chunk, table.images, some, size, intensity)))
                if len(waiting) > 2 * workers:
                    finish()
            while waiting:
                finish()
        finally:
            for _, future in waiting:
                future.cancel()
    return digests, errors


def _decode_chunk(
    images: Images, ids: list[str], size: Size, intensity: Intensity | None
) -> tuple[np.ndarray, np.ndarray, dict[int, str]]:
    pixels = np.zeros((len(ids), *size), np.uint8)
    digests = np.zeros(len(ids), np.uint64)
    errors: dict[int, str] = {}

    def readable() -> Iterator[tuple[int, np.ndarray]]:
        for row, id in enumerate(ids):
            try:
                yield row, _about(images, id, size, intensity)
            except DataError as error:
                errors[row] = f"{id} {error}"

    for row in letterbox_into(readable(), pixels):
        digests[row] = int.from_bytes(hashlib.blake2b(pixels[row].data, digest_size=8).digest(), "little")
    return pixels, digests, errors
