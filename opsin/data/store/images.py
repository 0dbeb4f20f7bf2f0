"""Store of decoded samples: all images or volumes of a table as one memory-mapped array, kept for the next run."""

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

from ..cut_short import is_cut_short
from ..decode import as_pixels, decode
from ..formats.scan import count, some
from ..intensity import Intensity
from ..samples import Volume, as_picture, image_of
from ..table import Images, Table
from .cache import cache_folder, discard, hold, make_room, making
from .preprocessing import Preprocessing
from .volumes import open_volumes

FORMAT = 5
"""Increased whenever decoding or resizing gives other pixels, so that no old store is taken for a new one."""

_CHUNK_BYTES = 16 * 2**20
_CHUNKS_EACH = 16
"""At least, so that no thread waits long for another at the end."""
_SPARE_BYTES = 256 * 2**20


@dataclass(frozen=True, eq=False)
class Store:
    """Decoded samples, in the order of their table.

    Attributes:
        pixels: (n, *size) of the preprocessing's size and type, channels last, read-only; 0 where a sample cannot be
            read. Of a preprocessing in patches (n,) objects, each an array of its own size.
        pixel_hashes: (n,) uint64 digests of the arrays; 0 where a sample cannot be read.
        errors: One line for each row that cannot be read.
        preprocessing: The preprocessing that made the arrays.
        notes: Remarks for the user.
    """

    pixels: np.ndarray
    pixel_hashes: np.ndarray
    errors: dict[int, str]
    preprocessing: Preprocessing
    notes: tuple[str, ...] = ()
    _hold: Any = field(default=None, repr=False)


def open_store(
    table: Table, preprocessing: Preprocessing, *, cache: Path | None = None, progress: Progress = silent
) -> Store:
    """Decodes all samples of a table, or opens the arrays of an earlier run.

    Args:
        table: The samples.
        preprocessing: Size, type and scale of the arrays; its statistics do not matter.
        cache: Folder of decoded samples. Default: OPSIN_CACHE, or the user's cache folder. Where it cannot be written
            arrays are kept in memory, with a note.
        progress: Called with the number of samples that were decoded.

    Returns:
        The arrays, in the order of the table.

    Raises:
        DataError: No sample can be read, or the arrays fit neither disk nor memory.
    """
    if not len(table):
        raise DataError(f"{table.origin}: there is no image to read; expected at least one")
    if preprocessing.in_patches:
        found = open_volumes(table, preprocessing, cache=cache, progress=progress)
        return _checked(Store(found.arrays, found.digests, found.errors, preprocessing, (), found.lock), table)
    entry = cache_folder(cache) / "images" / _key(table, preprocessing)
    store = _opened(entry, table, preprocessing)
    if store is None:
        try:
            store = _built_on_disk(entry, table, preprocessing, progress)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            note = f"decoded images are kept in memory, for {entry.parent} cannot be written ({reason})"
            store = _built_in_memory(table, preprocessing, progress, note)
    return _checked(store, table)


def _checked(store: Store, table: Table) -> Store:
    """Returns the store; raises DataError if none of its samples can be read."""
    if len(store.errors) == len(table):
        first = next(iter(store.errors.values()))
        raise DataError(f"{table.origin}: none of {len(table)} images can be read; the first: {first}")
    return store


def read_array(images: Images, id: str, preprocessing: Preprocessing) -> np.ndarray:
    """Returns the array of one sample, as it is in a store; raises DataError when the sample cannot be read."""
    return preprocessing.fit(preprocessing.decode(images.read(id)))[0]


def whole_pixels(images: Images, id: str, intensity: Intensity | None = None) -> np.ndarray:
    """Reads one image at its original size, to show it.

    Args:
        images: Source of the image.
        id: Id of the image.
        intensity: Scale of images of more than 8 bits.

    Returns:
        uint8 (height, width, 1 or 3); of a volume its middle slice.

    Raises:
        DataError: The image cannot be read.
    """
    content = images.read(id)
    if isinstance(content, Volume):
        return as_picture(content.array)
    image = image_of(content)
    return decode(image, intensity=intensity) if isinstance(image, bytes) else as_pixels(image, intensity)


def _key(table: Table, preprocessing: Preprocessing) -> str:
    digest = hashlib.blake2b(f"{FORMAT} {preprocessing.store_key}".encode(), digest_size=16)
    stamp = table.images.stamp
    for id in table.rows["id"]:
        try:
            digest.update(f"{id}\0{stamp(id)}\0".encode())
        except DataError as error:
            digest.update(f"{id}\0{error}\0".encode())
    return digest.hexdigest()


def _opened(entry: Path, table: Table, preprocessing: Preprocessing) -> Store | None:
    lock = hold(entry)
    if lock is None:
        return None
    try:
        pixels = np.load(entry / "pixels.npy", mmap_mode="r", allow_pickle=False)
        digests = np.load(entry / "digests.npy", allow_pickle=False)
        found = json.loads((entry / "errors.json").read_text())
        errors = {int(row): str(why) for row, why in found["errors"].items()}
        notes = _cut_short_note([str(id) for id in found["cut short"]])
        fits = pixels.shape == (len(table), *preprocessing.size) and pixels.dtype == preprocessing.dtype
        if fits and digests.shape == (len(table),):
            return Store(pixels, digests, errors, preprocessing, notes, lock)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    lock.close()
    discard(entry)  # damaged: it is made again
    return None


def _built_on_disk(entry: Path, table: Table, preprocessing: Preprocessing, progress: Progress) -> Store:
    needed = len(table) * _array_bytes(preprocessing)
    make_room(entry.parent, needed)
    with making(entry) as part:
        if shutil.disk_usage(part).free < needed + _SPARE_BYTES:
            raise OSError(errno.ENOSPC, "not enough space left on the disk")
        with open(part / "pixels.npy", "wb") as file:
            shape, descr = (len(table), *preprocessing.size), np.lib.format.dtype_to_descr(preprocessing.dtype)
            head = {"descr": descr, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, head)
            file.flush()
            if hasattr(os, "posix_fallocate"):  # in one piece, which is faster; and a full disk is known now
                os.posix_fallocate(file.fileno(), file.tell(), needed)

            def write(start: int, chunk: np.ndarray) -> None:
                file.write(chunk.data)

            digests, errors, cut = _decode_all(table, preprocessing, write, progress)
            file.flush()
            os.fsync(file.fileno())
        np.save(part / "digests.npy", digests)
        (part / "errors.json").write_text(json.dumps({"errors": errors, "cut short": cut}))
    store = _opened(entry, table, preprocessing)
    if store is None:
        raise OSError(errno.ENOENT, "it was removed while it was made")
    return store


def _built_in_memory(table: Table, preprocessing: Preprocessing, progress: Progress, note: str) -> Store:
    try:
        pixels = np.zeros((len(table), *preprocessing.size), preprocessing.dtype)
    except MemoryError:
        raise DataError(
            f"{table.origin}: {note}, and the memory is too small; name a folder in OPSIN_CACHE, or a smaller --size"
        ) from None

    def write(start: int, chunk: np.ndarray) -> None:
        pixels[start : start + len(chunk)] = chunk

    digests, errors, cut = _decode_all(table, preprocessing, write, progress)
    pixels.setflags(write=False)
    return Store(pixels, digests, errors, preprocessing, (note, *_cut_short_note(cut)))


def _cut_short_note(ids: list[str]) -> tuple[str, ...]:
    """Returns a note on images that were read although their end is missing."""
    few = "is" if len(ids) == 1 else "are"
    return (f"{count(ids, 'image')} {few} cut short and read as far as possible: {some(ids)}",) if ids else ()


def _decode_all(
    table: Table,
    preprocessing: Preprocessing,
    write: Callable[[int, np.ndarray], None],
    progress: Progress,
) -> tuple[np.ndarray, dict[int, str], list[str]]:
    """Decodes chunks in parallel and writes them in order; few wait at a time, so memory stays small."""
    ids = table.rows["id"].to_list()
    digests = np.zeros(len(ids), np.uint64)
    errors: dict[int, str] = {}
    cut: list[str] = []
    workers = min(8, os.cpu_count() or 1)
    even = -(-len(ids) // (_CHUNKS_EACH * workers))
    step = max(1, min(256, _CHUNK_BYTES // _array_bytes(preprocessing), even))
    waiting: deque[tuple[int, Future[_Chunk]]] = deque()
    with ThreadPoolExecutor(workers) as pool:

        def finish() -> None:
            start, future = waiting.popleft()
            pixels, some_digests, some_errors, some_cut = future.result()
            write(start, pixels)
            digests[start : start + len(pixels)] = some_digests
            cut.extend(some_cut)
            errors.update({start + row: why for row, why in some_errors.items()})
            progress("reading images", start + len(pixels), len(ids))

        try:
            for start in range(0, len(ids), step):
                some = ids[start : start + step]
                waiting.append((start, pool.submit(_decode_chunk, table.images, some, preprocessing)))
                if len(waiting) > 2 * workers:
                    finish()
            while waiting:
                finish()
        finally:
            for _, future in waiting:
                future.cancel()
    return digests, errors, cut


_Chunk = tuple[np.ndarray, np.ndarray, dict[int, str], list[str]]
"""Arrays, their digests, errors by row, and the ids of images that are cut short."""


def _decode_chunk(images: Images, ids: list[str], preprocessing: Preprocessing) -> _Chunk:
    pixels = np.zeros((len(ids), *preprocessing.size), preprocessing.dtype)
    digests = np.zeros(len(ids), np.uint64)
    errors: dict[int, str] = {}
    cut: list[str] = []

    def readable() -> Iterator[tuple[int, Any]]:
        for row, id in enumerate(ids):
            try:
                content = images.read(id)
                array = preprocessing.decode(content)
                if isinstance(content, bytes) and is_cut_short(content):
                    cut.append(id)
                yield row, array
            except DataError as error:
                errors[row] = f"{id} {error}"

    for row in preprocessing.fit_into(readable(), pixels):
        digests[row] = int.from_bytes(hashlib.blake2b(pixels[row].data, digest_size=8).digest(), "little")
    return pixels, digests, errors, cut


def _array_bytes(preprocessing: Preprocessing) -> int:
    return int(np.prod(preprocessing.size)) * preprocessing.dtype.itemsize
