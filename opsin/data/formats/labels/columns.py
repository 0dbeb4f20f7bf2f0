"""Which column of a table of images means what, by its name."""

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
_MOST, _LONGEST = 20, 60


@dataclass(frozen=True)
class Columns:
    """The names of the columns that hold the file, the targets, the group and the split, and those left out."""

    path: str
    targets: tuple[str, ...]
    group: str | None
    split: str | None
    unused: tuple[str, ...]


def columns_of(header: Sequence[str], where: str) -> Columns:
    """By usual names, in any case; without a column called label or alike, all that are left are targets.

    Raises DataError when no column names a file or none can be a target.
    """
    path = first_of(header, PATHS)
    if path is None:
        raise DataError(f"{where} has the columns {_shown(header)}; expected one called path, with the image files")
    group, split = first_of(header, GROUPS), first_of(header, SPLITS)
    left = [name for name in header if name not in (path, group, split)]
    named = first_of(left, TARGETS)
    targets = (named,) if named else tuple(name for name in left if plain_name(name) not in (*IGNORED, *PATHS))
    if not targets:
        raise DataError(f"{where} has the columns {_shown(header)}; expected one called label, with the targets")
    unused = tuple(name for name in left if name not in targets)
    return Columns(path, targets, group, split, unused)


def _shown(header: Sequence[str]) -> str:
    """The names for a message, not more of them than help."""
    names = [name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..." for name in header[:_MOST]]
    return ", ".join([*names, "..."] if len(header) > _MOST else names)


def first_of(header: Sequence[str], names: Sequence[str]) -> str | None:
    """The column that is called by the first of `names` there is, in any case."""
    plain = {plain_name(name): name for name in reversed(header)}
    return next((plain[name] for name in names if name in plain), None)


def plain_name(name: str) -> str:
    """Returns the name of a column in lower case, with underscores."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")
