"""A folder for each image, with one picture an object: ID/images/ID.png and ID/masks/*.png."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from opsin.core import DataError

from ..decode import decode
from ..sources import FileImages
from ..table import Table, Target, make_rows
from .names import split_name
from .scan import Found, count, some
from .ways import Way, Ways

IMAGES, MASKS = ("images", "image"), ("masks", "mask", "objects")
NAME = "object"


class ObjectMasks:
    """Masks put together from one picture an object, by the ids of their images; a smaller object lies on top."""

    def __init__(self, files: FileImages, parts: Mapping[str, tuple[str, ...]]) -> None:
        self._files = files
        self._parts = dict(parts)

    def read(self, id: str) -> np.ndarray:
        """(height, width) int32: 256 times the object's number, 0 where there is none. DataError when one is broken."""
        masks: list[np.ndarray] = []
        for path in self._of(id):
            try:
                masks.append(decode(self._files.read(path)).max(2) > 0)
            except DataError as error:
                raise DataError(f"has an object {path} that {error}") from error
            if masks[-1].shape != masks[0].shape:
                sizes = " and ".join("x".join(map(str, mask.shape)) for mask in (masks[0], masks[-1]))
                raise DataError(f"has objects of {sizes}, such as {path}; expected the image's size")
        masks = sorted((mask for mask in masks if mask.any()), key=lambda mask: -int(mask.sum()))
        codes = np.zeros(masks[0].shape if masks else self._shape(id), np.int32)
        for number, mask in enumerate(masks, 1):
            codes[mask] = number * 256
        return codes

    def stamp(self, id: str) -> str:
        """Names, sizes and times of last change of an image's objects."""
        return "|".join(f"{path}:{self._files.stamp(path)}" for path in self._of(id))

    def _of(self, id: str) -> tuple[str, ...]:
        if id not in self._parts:
            raise DataError("is not among the images with objects")
        return self._parts[id]

    def _shape(self, id: str) -> tuple[int, int]:
        height, width, _ = decode(self._files.read(id)).shape
        return height, width


def object_folder_ways(found: Found) -> Ways:
    """ID/images/ID.png beside ID/masks/*.png, also below the folders of splits or deeper."""
    parts, lonely = _parts(found)
    if not parts:
        return [], "no folder holds images/ with one image and masks/ with its objects"

    def read(origin: str, task: str | None) -> Table:
        return _read(found, parts, lonely, origin)

    return [Way("a folder of objects for each image", (), ("instances",), read)], ""


def _parts(found: Found) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """Image -> its objects; and the images whose folder has no masks."""
    images: dict[str, list[str]] = {}
    masks: dict[str, list[str]] = {}
    for path in found.images:
        folder, _, rest = path.rpartition("/")
        above, _, kind = folder.rpartition("/")
        if kind.lower() in IMAGES and above:
            images.setdefault(above, []).append(path)
        elif kind.lower() in MASKS and above:
            masks.setdefault(above, []).append(path)
    single = {above: paths[0] for above, paths in images.items() if len(paths) == 1}
    if len(single) < 2 or len(single) < len(images):
        return {}, []
    if all(len(masks.get(above, ())) <= 1 for above in single):
        return {}, []
    whole = {path: tuple(masks[above]) for above, path in single.items() if above in masks}
    return whole, [path for above, path in single.items() if above not in masks]


def _read(found: Found, parts: dict[str, tuple[str, ...]], lonely: list[str], origin: str) -> Table:
    ids = sorted(parts)
    splits = [next((name for piece in id.split("/")[:-2] if (name := split_name(piece))), None) for id in ids]
    notes = list(found.notes)
    if lonely:
        notes.append(f"{count(lonely, 'image')} without a folder of objects left out: {some(lonely)}")
    used = set(ids) | {path for paths in parts.values() for path in paths} | set(lonely)
    left = [path for path in (*found.images, *found.others) if path not in used]
    if left:
        notes.append(f"{count(left, 'other file')} left out: {some(left)}")
    files = FileImages(Path(found.folder))
    rows = make_rows(ids, (id.rsplit("/", 2)[0] for id in ids), kind="instances", splits=splits)
    table = Table(rows, files, Target("instances", (NAME,)), origin, tuple(notes), masks=ObjectMasks(files, parts))
    return table.noting(f"{sum(map(len, parts.values())):,} objects in {count(ids, 'image')}")
