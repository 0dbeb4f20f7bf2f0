"""All masks of a table, at the size of the network's input: a memory-mapped array that opens at once the next time."""

import hashlib
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError, Progress, silent
from opsin.geometry import Placement

from ..decode import shape_of
from ..table import Masks, Table
from .cache import cache_folder, discard, hold, make_room, making

FORMAT = 1
"""Counts up whenever a mask is placed differently, so that an old store is not taken for a new one."""
_TOGETHER = 64


@dataclass(frozen=True, eq=False)
class MaskStore:
    """Masks in the order of their table.

    `masks` is uint8 (n, height, width) of class indices, or int32 of instances as `Masks.read` gives them; `errors`
    says in one line, by row, why a mask cannot be had (it is all IGNORED, or empty).
    """

    masks: np.ndarray
    errors: dict[int, str]
    _hold: Any = field(default=None, repr=False)


def open_masks(
    table: Table, size: tuple[int, int], *, cache: Path | None = None, progress: Progress = silent
) -> MaskStore:
    """The masks of `table` in frames of (height, width) `size`, from the cache when it has them.

    What lies around an image in its frame is IGNORED, or background for instances. A mask of another size than its
    image is an error of its row, as is one that cannot be read.
    """
    kind = table.target.kind.mask_dtype
    if table.masks is None or kind is None:
        raise DataError(f"{table.origin} has a target of {table.target.kind}; expected masks or instances")
    entry = cache_folder(cache) / "masks" / _key(table, table.masks, size)
    found = _opened(entry, (len(table), *size))
    if found is not None:
        return found
    try:
        make_room(entry.parent, len(table) * int(np.prod(size)) * kind.itemsize)
        with making(entry) as part:
            masks = np.lib.format.open_memmap(part / "masks.npy", "w+", kind, (len(table), *size))
            errors = _fill(table, table.masks, masks, progress)
            masks.flush()
            del masks
            (part / "errors.json").write_text(json.dumps(errors))
        found = _opened(entry, (len(table), *size))
    except OSError:
        shutil.rmtree(entry, ignore_errors=True)
    if found is None:  # the cache cannot be written: memory must do
        masks = np.zeros((len(table), *size), kind)
        found = MaskStore(masks, _fill(table, table.masks, masks, progress))
    return found


def _key(table: Table, masks: Masks, size: tuple[int, int]) -> str:
    digest = hashlib.blake2b(repr((FORMAT, size, table.target)).encode(), digest_size=16)
    for id, target in table.rows.select("id", "target").iter_rows():
        try:
            stamps = f"{table.images.stamp(id)}\0{masks.stamp(id)}"
        except DataError as error:
            stamps = str(error)
        digest.update(f"{id}\0{target}\0{stamps}\0".encode())
    return digest.hexdigest()


def _opened(entry: Path, shape: tuple[int, ...]) -> MaskStore | None:
    lock = hold(entry)
    if lock is None:
        return None
    try:
        masks = np.load(entry / "masks.npy", mmap_mode="r", allow_pickle=False)
        errors = {int(row): str(why) for row, why in json.loads((entry / "errors.json").read_text()).items()}
        if masks.shape == shape:
            return MaskStore(masks, errors, lock)
    except (OSError, ValueError):
        pass
    lock.close()
    discard(entry)  # damaged: it is made again
    return None


def _fill(table: Table, masks: Masks, into: np.ndarray, progress: Progress) -> dict[int, str]:
    """Writes every mask into its place, some at a time side by side; which rows have none, and why."""
    fill = table.target.kind.mask_fill
    size = (into.shape[1], into.shape[2])

    def one(row: int, id: str) -> str | None:
        into[row] = fill
        try:
            mask, shape = masks.read(id), shape_of(table.images.read(id))
            if mask.shape != shape:
                raise DataError(f"has a mask of {_times(mask.shape)}, but is {_times(shape)} itself; expected one size")
            into[row] = Placement(shape, size).mask_to_input(mask, fill)
        except DataError as error:
            return f"{id} {error}"
        return None

    errors: dict[int, str] = {}
    ids = table.rows["id"].to_list()
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(ids), _TOGETHER):
            rows = range(start, min(start + _TOGETHER, len(ids)))
            for row, error in zip(rows, pool.map(one, rows, ids[rows.start : rows.stop]), strict=True):
                if error is not None:
                    errors[row] = error
            progress("reading masks", rows.stop, len(ids))
    return errors


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
