"""Masks as files, one per image, decoded by their encoding."""

from collections.abc import Iterable, Mapping

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import INSTANCES, MASKS, Target, TargetKind
from ..exif import upright_mask
from ..patients import patients_of
from ..scan import count, some
from .class_names import ClassNames
from .encoding import MaskEncoding
from .encoding_rules import infer_encoding, looks_like_instances
from .orientation import stored_orientations
from .pixel_values import IndexedMask, read_mask, values_in_mode
from .value_statistics import MaskStatistics, mask_statistics

DEFAULT_CLASS = "object"


class FileMasks:
    """Masks as one file per image.

    Args:
        files: Reader of the files.
        paths: Path of the mask by id of the image.
        encoding: Encoding of the values; None when each value but 0 is an object.
        orientations: EXIF orientation by id of the images whose masks were drawn on the image as stored.
        further: Masks by id of the image that are joined to its mask, whose objects take precedence.
    """

    def __init__(
        self,
        files: FileImages,
        paths: Mapping[str, str],
        encoding: MaskEncoding | None,
        orientations: Mapping[str, int] | None = None,
        further: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._files = files
        self._paths = dict(paths)
        self._encoding = encoding
        self._orientations = dict(orientations or {})
        self._further = dict(further or {})

    def read(self, id: str) -> np.ndarray:
        """Returns uint8 class indices or an int32 instance mask, (height, width); DataError for invalid masks.

        Args:
            id: Id of the image.
        """
        decoded = self._decoded(self._path(id))
        for path in self._further.get(id, ()):
            other = self._decoded(path)
            if other.shape != decoded.shape:
                raise DataError(f"has a mask {path} of another size than {self._path(id)}.")
            if self._encoding is None:
                other = np.where(other == 0, 0, other + decoded.max())
            decoded = np.where(decoded == 0, other, decoded)
        return np.ascontiguousarray(upright_mask(decoded, self._orientations.get(id, 1)))

    def _decoded(self, path: str) -> np.ndarray:
        try:
            mask = read_mask(self._files.read(path))
            return instances_from_ids(mask) if self._encoding is None else self._encoding.apply(mask)
        except DataError as error:
            raise DataError(f"has a mask {path} that {error}") from error

    def stamp(self, id: str) -> str:
        """Returns size and modification times of a mask and its encoding as text, to detect changes.

        Args:
            id: Id of the image.
        """
        encoding = self._encoding
        meaning = "" if encoding is None else f"{encoding.mode}{encoding.classes}{encoding.halves}{encoding.is_nearest}"
        meaning += f"|{self._orientations.get(id, 1)}"
        further = "".join(f"|{self._files.stamp(path)}" for path in self._further.get(id, ()))
        return f"{self._files.stamp(self._path(id))}|{meaning}{further}"

    def _path(self, id: str) -> str:
        if id not in self._paths:
            raise DataError("is not among the images with masks.")
        return self._paths[id]


def instances_from_ids(mask: IndexedMask) -> np.ndarray:
    """Converts object ids to an instance mask of one class.

    Args:
        mask: The mask.

    Returns:
        int32 (height, width): 256 times 1, 2, ..., without gaps; 0 for the background.

    Raises:
        DataError: The mask is a JPEG.
    """
    if mask.lossy:
        raise DataError("is a JPEG, which changes object ids. Fix: save it as PNG.")
    values = values_in_mode(mask, mask.mode)
    distinct, index = np.unique(values, return_inverse=True)
    codes = np.arange(len(distinct), dtype=np.int32) + int(distinct[0] != 0)
    return (codes * 256)[index].reshape(values.shape)


def mask_table(
    files: FileImages,
    paths: Mapping[str, str],
    splits: Iterable[str | None],
    origin: str,
    meaning: MaskEncoding | MaskStatistics,
    notes: Iterable[str],
    further: Mapping[str, tuple[str, ...]] | None = None,
) -> Table:
    """Builds a table of images with masks.

    Args:
        files: Reader of the files.
        paths: Path of the mask by id of the image.
        splits: Split of each image, in the order of `paths`.
        origin: Name of the data set in messages.
        meaning: Encoding of classes, or statistics when values are object ids.
        notes: Notes for the table.
        further: Masks by id of the image that are joined to its mask.

    Returns:
        The table.
    """
    encoding = meaning if isinstance(meaning, MaskEncoding) else None
    kind = INSTANCES if encoding is None else MASKS
    groups, about = patients_of(files.folder, list(paths))
    rows = make_rows(paths, paths.values(), kind=kind, groups=groups, splits=splits)
    target = Target(kind, (DEFAULT_CLASS,) if encoding is None else encoding.names)
    orientations, turned = stored_orientations(files, paths)
    all_notes = (*notes, *about, *(() if encoding is None else encoding.notes), *turned)
    return Table(rows, files, target, origin, all_notes, masks=FileMasks(files, paths, encoding, orientations, further))


def infer_mask_meaning(
    files: FileImages,
    paths: Mapping[str, str],
    names: ClassNames | None,
    kind: TargetKind | None,
    ignored: Iterable[int] = (),
) -> tuple[MaskEncoding | MaskStatistics, list[str]]:
    """Infers if the values of masks are classes or objects.

    Args:
        files: Reader of the files.
        paths: Path of the mask by id of the image.
        names: Names of the classes; None without a file of names.
        kind: Masks or instances; None infers it from the values.
        ignored: Values that are IGNORED.

    Returns:
        The encoding of classes, or the statistics when values are object ids, and notes.

    Raises:
        DataError: The values are ambiguous; the message describes them.
    """
    stats = mask_statistics(list(paths.values()), files.read)
    notes: list[str] = []
    if stats.broken:
        notes.append(f"{count(stats.broken, 'mask')} cannot be read: {some(stats.broken, 2)}")
    if stats.masks + len(stats.broken) < len(paths):
        notes.append(f"the values of {stats.masks:,} of {len(paths):,} masks were inspected")
    if kind is INSTANCES or (kind is None and names is None and looks_like_instances(stats)):
        _check_object_ids(stats)
        reading = "object ids" if looks_like_instances(stats) else "read as object ids"
        notes.append(f"{stats.summary(3)}: {reading}; set the task to segment if they are classes")
        return stats, notes
    return infer_encoding(stats, names, ignored), notes


def _check_object_ids(stats: MaskStatistics) -> None:
    values = stats.values()
    if stats.mode != "colour" and len(values) <= 2 and values[-1] in (0, 1, 255):
        raise DataError(
            f"{stats.summary()}. The values do not distinguish objects. Expected 0 and a different id for each object. "
            "Fix: set the task to segment."
        )
    if stats.lossy:
        raise DataError(f"{stats.summary()}. JPEG changes object ids. Fix: save the masks as PNG.")
