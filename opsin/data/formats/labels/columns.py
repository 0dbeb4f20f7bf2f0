"""Recognition of the columns of a table of images by their names."""

from collections.abc import Sequence
from dataclasses import dataclass

from opsin.core import DataError

# fmt: off
PATHS = (
    "path", "file_name", "filename", "filepath", "file_path", "image_path", "img_path", "image_file", "imagepath",
    "image_name", "imagename", "file", "image", "img", "images", "image_id", "id",
)
TARGETS = (
    "label", "labels", "class", "classes", "target", "targets", "class_name", "classname", "label_name", "category",
)
GROUPS = (
    "group", "group_id", "patient", "patient_id", "patientid", "subject", "subject_id", "person", "person_id",
    "participant", "participant_id", "video", "video_id", "slide", "slide_id", "case", "case_id",
)
SPLITS = ("split", "set", "subset", "partition", "usage")
IGNORED = ("width", "height", "index", "unnamed:_0", "")
# fmt: on
_MAX_NAMES, _MAX_LENGTH = 20, 60


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table.

    Attributes:
        path: Column of the image file.
        targets: Columns of the targets.
        group: Column of the group, None without one.
        split: Column of the split, None without one.
        unused: All other columns.
    """

    path: str
    targets: tuple[str, ...]
    group: str | None
    split: str | None
    unused: tuple[str, ...]


def columns_of(header: Sequence[str], where: str) -> Columns:
    """Recognises columns by usual names, in any case; without a label column, all other columns are targets.

    Args:
        header: Names of the columns.
        where: Name of the table in errors.

    Returns:
        The recognised columns.

    Raises:
        DataError: There is no column of files, or none of targets.
    """
    path = first_of(header, PATHS)
    if path is None:
        raise DataError(
            f"{where} has the columns {_shortened(header)}. Expected one called path, with the image files."
        )
    group, split = first_of(header, GROUPS), first_of(header, SPLITS)
    others = [name for name in header if name not in (path, group, split)]
    label = first_of(others, TARGETS)
    targets = (label,) if label else tuple(name for name in others if plain_name(name) not in (*IGNORED, *PATHS))
    if not targets:
        raise DataError(f"{where} has the columns {_shortened(header)}. Expected one called label, with the targets.")
    unused = tuple(name for name in others if name not in targets)
    return Columns(path, targets, group, split, unused)


def _shortened(header: Sequence[str]) -> str:
    """Returns the names for a message, shortened."""
    names = [name if len(name) <= _MAX_LENGTH else f"{name[:_MAX_LENGTH]}..." for name in header[:_MAX_NAMES]]
    return ", ".join([*names, "..."] if len(header) > _MAX_NAMES else names)


def first_of(header: Sequence[str], names: Sequence[str]) -> str | None:
    """Finds a column by its possible names, in any case.

    Args:
        header: Names of the columns.
        names: Possible names, the preferred first.

    Returns:
        The column in the header, None when there is none.
    """
    by_name = {plain_name(name): name for name in reversed(header)}
    return next((by_name[name] for name in names if name in by_name), None)


def plain_name(name: str) -> str:
    """Returns the name of a column in lower case, with underscores.

    Args:
        name: Name of the column.
    """
    return name.strip().lower().replace(" ", "_").replace("-", "_")
