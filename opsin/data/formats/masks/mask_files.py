"""Masks as files beside their images: read by what their values mean."""

from collections.abc import Iterable, Mapping

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import INSTANCES, MASKS, Target, TargetKind
from ..scan import count, some
from .class_names import ClassNames
from .encoding import MaskEncoding
from .encoding_rules import infer_encoding, looks_like_instances
from .pixel_values import IndexedMask, read_mask, values_in_mode
from .value_statistics import MaskStatistics, mask_statistics

NAME = "object"


class FileMasks:
    """One file a mask, by the ids of their images; without a coding each value but 0 is an object."""

    def __init__(self, files: FileImages, paths: Mapping[str, str], encoding: MaskEncoding | None) -> None:
        self._files = files
        self._paths = dict(paths)
        self._encoding = encoding

    def read(self, id: str) -> np.ndarray:
        """(height, width) uint8 class indices, or int32 instances; DataError when the mask is broken."""
        path = self._path(id)
        try:
            raw = read_mask(self._files.read(path))
            return numbered(raw) if self._encoding is None else self._encoding.apply(raw)
        except DataError as error:
            raise DataError(f"has a mask {path} that {error}") from error

    def stamp(self, id: str) -> str:
        """Size and times of last change of the mask, and what its values mean."""
        encoding = self._encoding
        meaning = "" if encoding is None else f"{encoding.mode}{encoding.classes}{encoding.halves}"
        return f"{self._files.stamp(self._path(id))}|{meaning}"

    def _path(self, id: str) -> str:
        if id not in self._paths:
            raise DataError("is not among the images with masks")
        return self._paths[id]


def numbered(raw: IndexedMask) -> np.ndarray:
    """Numbers of objects as instances of one class: 256 times 1, 2, ..., without gaps."""
    if raw.lossy:
        raise DataError("is a JPEG, which changes the numbers of objects; save it as PNG")
    values = values_in_mode(raw, raw.mode)
    distinct, place = np.unique(values, return_inverse=True)
    codes = np.arange(len(distinct), dtype=np.int32) + int(distinct[0] != 0)
    return (codes * 256)[place].reshape(values.shape)


def mask_table(
    files: FileImages,
    paths: Mapping[str, str],
    splits: Iterable[str | None],
    origin: str,
    meaning: MaskEncoding | MaskStatistics,
    notes: Iterable[str],
) -> Table:
    """A table of pairs; `splits` stand in the order of `paths`. A survey in place of a coding: values are objects."""
    encoding = meaning if isinstance(meaning, MaskEncoding) else None
    kind = INSTANCES if encoding is None else MASKS
    rows = make_rows(paths, paths.values(), kind=kind, splits=splits)
    target = Target(kind, (NAME,) if encoding is None else encoding.names)
    said = (*notes, *(() if encoding is None else encoding.notes))
    return Table(rows, files, target, origin, said, masks=FileMasks(files, paths, encoding))


def infer_mask_meaning(
    files: FileImages,
    paths: Mapping[str, str],
    names: ClassNames | None,
    kind: TargetKind | None,
    ignored: Iterable[int] = (),
) -> tuple[MaskEncoding | MaskStatistics, list[str]]:
    """Classes or objects, and what to note; DataError, saying what was seen, when neither can be told."""
    stats = mask_statistics(list(paths.values()), files.read)
    notes: list[str] = []
    if stats.broken:
        notes.append(f"{count(stats.broken, 'mask')} cannot be read: {some(stats.broken, 2)}")
    if stats.masks + len(stats.broken) < len(paths):
        notes.append(f"the values of {stats.masks:,} of {len(paths):,} masks were looked at")
    if kind is INSTANCES or (kind is None and names is None and looks_like_instances(stats)):
        _refuse_as_objects(stats)
        what = "numbers of objects" if looks_like_instances(stats) else "taken for numbers of objects"
        notes.append(f"{stats.summary(3)}: {what}; say task segment if they are classes")
        return stats, notes
    return infer_encoding(stats, names, ignored), notes


def _refuse_as_objects(stats: MaskStatistics) -> None:
    values = stats.values()
    if stats.mode != "colour" and len(values) <= 2 and values[-1] in (0, 1, 255):
        raise DataError(
            f"{stats.summary()}: no numbers that tell objects apart. Expected 0 and another number for each object, or "
            "task segment."
        )
    if stats.lossy:
        raise DataError(f"{stats.summary()}: JPEG changes the numbers of objects; save the masks as PNG")
