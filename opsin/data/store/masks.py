"""Store of masks: all masks of a table at the size of the network's input, as one memory-mapped array."""

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

from ..table import Masks, Table
from .cache import cache_folder, discard, hold, make_room, making
from .preprocessing import Preprocessing
from .volumes import open_volume_masks

FORMAT = 2
"""Increased whenever a mask is placed differently, so that no old store is taken for a new one."""
_TOGETHER = 64


@dataclass(frozen=True, eq=False)
class MaskStore:
    """Masks in the order of their table.

    Attributes:
        masks: (n, height, width) or (n, depth, height, width): uint8 class indices, or int32 instances as `Masks.read`
            returns them; IGNORED or empty where a mask cannot be read.
        errors: One line for each row whose mask cannot be read.
    """

    masks: np.ndarray
    errors: dict[int, str]
    _hold: Any = field(default=None, repr=False)


def open_masks(
    table: Table, preprocessing: Preprocessing, *, cache: Path | None = None, progress: Progress = silent
) -> MaskStore:
    """Places all masks of a table in the network's input, or opens those of an earlier run.

    The surroundings of an image are IGNORED, or background where masks are instances.

    Args:
        table: The samples, with masks.
        preprocessing: Size of the input, and placement of samples in it.
        cache: Folder of decoded samples. Default: OPSIN_CACHE, or the user's cache folder; memory where it cannot be
            written.
        progress: Called with the number of masks that were read.

    Returns:
        The masks. One that cannot be read, or has another size than its image, is an error of its row.

    Raises:
        DataError: The targets of the table are no masks.
    """
    kind = table.target.kind.mask_dtype
    if table.masks is None or kind is None:
        raise DataError(f"{table.origin} has a target of {table.target.kind}; expected masks or instances")
    if preprocessing.in_patches:
        ragged = open_volume_masks(table, table.masks, preprocessing, cache=cache, progress=progress)
        return MaskStore(ragged.arrays, ragged.errors, ragged.lock)
    entry = cache_folder(cache) / "masks" / _key(table, table.masks, preprocessing)
    shape = (len(table), *preprocessing.size[:-1])
    found = _opened(entry, shape)
    if found is not None:
        return found
    try:
        make_room(entry.parent, int(np.prod(shape)) * kind.itemsize)
        with making(entry) as part:
            masks = np.lib.format.open_memmap(part / "masks.npy", "w+", kind, shape)
            errors = _fill(table, table.masks, preprocessing, masks, progress)
            masks.flush()
            del masks
            (part / "errors.json").write_text(json.dumps(errors))
        found = _opened(entry, shape)
    except OSError:
        shutil.rmtree(entry, ignore_errors=True)
    if found is None:  # the cache cannot be written: memory must do
        masks = np.zeros(shape, kind)
        found = MaskStore(masks, _fill(table, table.masks, preprocessing, masks, progress))
    return found


def _key(table: Table, masks: Masks, preprocessing: Preprocessing) -> str:
    head = f"{FORMAT} {preprocessing.store_key} {table.target}"
    digest = hashlib.blake2b(head.encode(), digest_size=16)
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


def _fill(
    table: Table, masks: Masks, preprocessing: Preprocessing, into: np.ndarray, progress: Progress
) -> dict[int, str]:
    """Writes every mask to its row, in parallel; returns the errors by row."""
    fill = table.target.kind.mask_fill

    def one(row: int, id: str) -> str | None:
        into[row] = fill
        try:
            mask, placement = masks.read(id), preprocessing.placement(table.images.read(id))
            if mask.shape != placement.image:
                sizes = f"{_times(mask.shape)}, but is {_times(placement.image)}"
                raise DataError(f"has a mask of {sizes} itself; expected one size")
            into[row] = placement.mask_to_input(mask, fill)
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
