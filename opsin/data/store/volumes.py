"""Store of volumes and their masks: each at its own size, in one memory-mapped file, kept for the next run."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from opsin.core import DataError, Progress

from ..samples import Volume
from ..table import Masks, Table
from .cache import cache_folder, discard, hold, make_room, making
from .preprocessing import Preprocessing

FORMAT = 1
"""Increased whenever values or places change, so that no old store is taken for a new one."""
_SPARE_BYTES = 256 * 2**20
_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class RaggedArrays:
    """Arrays of different shapes in one file.

    Attributes:
        arrays: (n,) objects: one read-only array each; empty where a row cannot be read.
        digests: (n,) uint64 digests of the arrays; 0 where a row cannot be read.
        errors: One line for each row that cannot be read.
        lock: Keeps the entry in the cache.
    """

    arrays: np.ndarray
    digests: np.ndarray
    errors: dict[int, str]
    lock: Any = None


def open_volumes(table: Table, preprocessing: Preprocessing, *, cache: Path | None, progress: Progress) -> RaggedArrays:
    """Resamples and scales all volumes of a table, or opens those of an earlier run.

    Args:
        table: The volumes.
        preprocessing: Spacing and scale.
        cache: Folder of decoded samples. Default: OPSIN_CACHE, or the user's cache folder.
        progress: Called with the number of volumes that were read.

    Returns:
        Arrays (depth, height, width, channels), in the order of the table.

    Raises:
        DataError: The cache cannot be written.
    """

    def read(id: str) -> np.ndarray:
        return preprocessing.fit(preprocessing.decode(table.images.read(id)))[0]

    key = _key(f"volumes {preprocessing.store_key}", table, table.images.stamp)
    return _opened_or_made(cache_folder(cache) / "volumes" / key, table, read, "reading volumes", progress)


def open_volume_masks(
    table: Table, masks: Masks, preprocessing: Preprocessing, *, cache: Path | None, progress: Progress
) -> RaggedArrays:
    """Places all masks of a table on the grid of their stored volumes, or opens those of an earlier run.

    Args:
        table: The volumes.
        masks: Their masks.
        preprocessing: Spacing of the volumes.
        cache: As in `open_volumes`.
        progress: Called with the number of masks that were read.

    Returns:
        uint8 class indices (depth, height, width), in the order of the table.

    Raises:
        DataError: The cache cannot be written.
    """
    fill = table.target.kind.mask_fill

    def read(id: str) -> np.ndarray:
        mask, volume = masks.read(id), table.images.read(id)
        if not isinstance(volume, Volume):
            raise DataError("is an image. Expected a volume.")
        placement = preprocessing.placement(volume)
        turned = volume.orientation.apply(mask)
        if turned.shape != placement.image:
            raise DataError(f"has a mask of {mask.shape}, but its volume is {placement.image}. Expected one size.")
        return placement.mask_to_input(turned, fill)

    def stamp(id: str) -> str:
        return f"{table.images.stamp(id)}\0{masks.stamp(id)}"

    key = _key(f"masks {preprocessing.store_key} {table.target}", table, stamp)
    return _opened_or_made(cache_folder(cache) / "volume-masks" / key, table, read, "reading masks", progress)


def _key(head: str, table: Table, stamp: Callable[[str], str]) -> str:
    digest = hashlib.blake2b(f"{FORMAT} {head}".encode(), digest_size=16)
    for id in table.rows["id"].to_list():
        try:
            digest.update(f"{id}\0{stamp(id)}\0".encode())
        except DataError as error:
            digest.update(f"{id}\0{error}\0".encode())
    return digest.hexdigest()


def _opened_or_made(
    entry: Path, table: Table, read: Callable[[str], np.ndarray], stage: str, progress: Progress
) -> RaggedArrays:
    found = _opened(entry, len(table))
    if found is None:
        try:
            _make(entry, table, read, stage, progress)
        except OSError as error:
            raise DataError(
                f"{entry.parent} cannot be written ({(error.strerror or str(error)).lower()}). Expected a folder for "
                "resampled volumes. Fix: name one with free space in OPSIN_CACHE."
            ) from error
        found = _opened(entry, len(table))
    if found is None:
        raise DataError(f"{entry} was removed while it was made. Fix: run again.")
    return found


def _opened(entry: Path, rows: int) -> RaggedArrays | None:
    lock = hold(entry)
    if lock is None:
        return None
    try:
        index = json.loads((entry / "index.json").read_text())
        dtype, shapes = np.dtype(index["dtype"]), [tuple(shape) for shape in index["shapes"]]
        sizes = [int(np.prod(shape)) for shape in shapes]
        total = sum(sizes)
        flat = np.memmap(entry / "values.bin", dtype, "r", shape=(total,)) if total else np.zeros(0, dtype)
        if len(shapes) == rows and not dtype.hasobject:
            arrays = np.empty(rows, object)
            ends = np.cumsum(sizes)
            for row, (shape, size, end) in enumerate(zip(shapes, sizes, ends.tolist(), strict=True)):
                arrays[row] = flat[end - size : end].reshape(shape)
            digests = np.array(index["digests"], np.uint64)
            return RaggedArrays(arrays, digests, {int(row): str(why) for row, why in index["errors"].items()}, lock)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    lock.close()
    discard(entry)  # damaged: it is made again
    return None


def _make(entry: Path, table: Table, read: Callable[[str], np.ndarray], stage: str, progress: Progress) -> None:
    ids = table.rows["id"].to_list()
    errors, shapes, digests, kind, total = dict[int, str](), list[tuple[int, ...]](), list[int](), "|u1", 0

    def one(id: str) -> np.ndarray | str:
        try:
            return read(id)
        except DataError as error:
            return f"{id} {error}"

    make_room(entry.parent, _SPARE_BYTES)
    with making(entry) as part:
        with open(part / "values.bin", "wb") as file:
            for row, found in enumerate(_in_order(one, ids)):
                if isinstance(found, str):
                    errors[row] = found
                    shapes.append((0,))
                    digests.append(0)
                else:
                    if shutil.disk_usage(part).free < found.nbytes + _SPARE_BYTES:
                        raise OSError(28, "not enough space left on the disk")
                    content = np.ascontiguousarray(found)
                    file.write(content.data)
                    shapes.append(content.shape)
                    head = str(content.shape).encode()
                    digest = hashlib.blake2b(head + content.tobytes(), digest_size=8).digest()
                    digests.append(int.from_bytes(digest, "little"))
                    kind, total = np.lib.format.dtype_to_descr(content.dtype), total + content.nbytes
                progress(stage, row + 1, len(ids))
        index = {"dtype": kind, "shapes": shapes, "digests": digests, "errors": errors}
        (part / "index.json").write_text(json.dumps(index))
    make_room(entry.parent, 0)


def _in_order(function: Callable[[str], _T], ids: list[str]) -> Iterator[_T]:
    """Applies a function in parallel; only a few results wait at a time."""
    workers = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(function, id) for id in ids[: 2 * workers]]
        for row in range(len(ids)):
            yield waiting.pop(0).result()
            if row + 2 * workers < len(ids):
                waiting.append(pool.submit(function, ids[row + 2 * workers]))
