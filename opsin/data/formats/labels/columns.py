"""Recognition of the columns of a table of images, by their names and by what is in them."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from opsin.core import DataError, did_you_mean

from ..scan import IMAGE_EXTENSIONS
from ..split_names import split_name

# fmt: off
PATHS = (
    "path", "file_name", "file_path", "image_path", "img_path", "image_file", "image_file_name", "image_name",
    "img_name", "img_file", "photo_path", "photo_name", "photo_file", "picture_path", "fname", "file", "image", "img",
    "photo", "picture", "frame", "image_url", "url", "uri", "image_uri", "image_index", "image_id", "img_id",
    "image_code", "id_code", "id",
)
TARGETS = (
    "label", "class", "target", "class_name", "label_name", "category", "category_name", "class_label", "class_id",
    "label_id", "category_id", "class_index", "label_index", "class_number", "finding_label", "species", "dx",
    "diagnosis", "tag", "choice",
)
GROUPS = (
    "group", "group_id", "patient", "patient_id", "subject", "subject_id", "person", "person_id", "participant",
    "participant_id", "video", "video_id", "slide", "slide_id", "case", "case_id", "lesion_id",
)
SPLITS = ("split", "set", "subset", "partition", "usage", "data_set", "dataset")
RUN_LENGTHS = ("encoded_pixel", "rle", "rle_mask", "mask_rle")
CLASS_WORDS = {"label", "class", "category", "diagnosis", "type", "kind", "breed", "species"}
IGNORED = ("width", "height", "index", "unnamed_0", "unnamed_0_1", "")
# fmt: on
_MAX_NAMES, _MAX_LENGTH = 20, 60
_MOSTLY = 0.8


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


def columns_of(
    header: Sequence[str],
    where: str,
    cells: Mapping[str, Sequence[str | None]] | None = None,
    labels: str | Sequence[str] | None = None,
) -> Columns:
    """Recognises columns by usual names, in any case; without a label column, all others are targets.

    Args:
        header: Names of the columns.
        where: Name of the table in errors.
        cells: Cells of the first rows by column: the column whose cells are image files is that of the files. Default:
            only names count.
        labels: Columns of the targets: names, or one text with commas between them. Default: by their names.

    Returns:
        The recognised columns.

    Raises:
        DataError: There is no column of files, or none of targets, or one of `labels` is missing.
    """
    chosen = None if labels is None else _chosen(labels, header, where)
    path = _path_column([name for name in header if name not in (chosen or ())], cells or {})
    if path is None:
        raise DataError(
            f"{where} has the columns {_shortened(header)}.{did_you_mean('path', header)} "
            "Expected one called path, with the image files."
        )
    if "region_shape_attributes" in header and chosen is None:
        raise DataError(
            f"{where} holds labels of VIA (VGG Image Annotator). Expected boxes or labels. Fix: export as COCO."
        )
    runs = first_of(header, RUN_LENGTHS)
    if runs is not None and chosen is None:
        raise DataError(
            f"{where} has masks as run lengths in {runs}, which are not read from a table. Fix: save each mask as "
            "a PNG in masks/ next to images/, or name another column with --labels."
        )
    group, split = (first_of([name for name in header if name != path], names) for names in (GROUPS, SPLITS))
    if split is not None and "data" in plain_name(split) and not _are_splits((cells or {}).get(split, ())):
        split = None
    others = [name for name in header if name not in (path, group, split)]
    targets = chosen or _target_columns(others)
    if not targets:
        raise DataError(f"{where} has the columns {_shortened(header)}. Expected one called label, with the targets.")
    group, split = (None if name in targets else name for name in (group, split))
    unused = tuple(name for name in others if name not in targets)
    return Columns(path, targets, group, split, unused)


def _chosen(labels: str | Sequence[str], header: Sequence[str], where: str) -> tuple[str, ...]:
    """Returns the columns that `labels` names; raises DataError for one that is missing."""
    if isinstance(labels, str):
        labels = [labels] if labels.strip() in header else labels.split(",")
    found: list[str] = []
    for name in (one.strip() for one in labels):
        exact = name if name in header else first_of(header, [name])
        if exact is None:
            raise DataError(
                f"{where} has no column {name!r}.{did_you_mean(name, header)} "
                f"Expected labels from its columns {_shortened(header)}."
            )
        found.append(exact)
    return tuple(dict.fromkeys(found))


def _path_column(header: Sequence[str], cells: Mapping[str, Sequence[str | None]]) -> str | None:
    """Returns the column of the files: by its cells, by name where several or none hold names of image files."""
    files = [name for name in header if _are_images(cells.get(name, ()))]
    return first_of(files, PATHS) or (files[0] if files else first_of(header, PATHS))


def _are_splits(cells: Sequence[str | None]) -> bool:
    return all(split_name(cell) is not None for cell in cells if cell and cell.strip())


def _are_images(cells: Sequence[str | None]) -> bool:
    endings = [os.path.splitext(cell.strip().strip("'\""))[1].lower() for cell in cells if cell]
    return bool(endings) and sum(one in IMAGE_EXTENSIONS for one in endings) > _MOSTLY * len(endings)


def _target_columns(others: Sequence[str]) -> tuple[str, ...]:
    """Returns the column called label, else the only one with such a word in its name, else all that can be targets."""
    label = first_of(others, TARGETS)
    if label:
        return (label,)
    possible = [name for name in others if not _known(name, (*IGNORED, *PATHS))]
    worded = [name for name in possible if CLASS_WORDS & set(words_of(name))]
    return tuple(worded if len(worded) == 1 else possible)


def _shortened(header: Sequence[str]) -> str:
    """Returns the names for a message, shortened."""
    names = [name if len(name) <= _MAX_LENGTH else f"{name[:_MAX_LENGTH]}..." for name in header[:_MAX_NAMES]]
    return ", ".join([*names, "..."] if len(header) > _MAX_NAMES else names)


def first_of(header: Sequence[str], names: Sequence[str]) -> str | None:
    """Finds a column by its possible names, in any case, singular or plural.

    Args:
        header: Names of the columns.
        names: Possible names, the preferred first.

    Returns:
        The column in the header, None when there is none.

    Examples:
        >>> first_of(["Image Names", "ClassId"], ["file", "image_name"])
        'Image Names'
    """
    by_name = {_compared(name): name for name in reversed(header)}
    return next((by_name[found] for name in names if (found := _compared(name)) in by_name), None)


def plain_name(name: str) -> str:
    """Returns the name of a column in lower case, with underscores.

    Args:
        name: Name of the column.
    """
    return "_".join(words_of(name))


@lru_cache(4096)
def words_of(name: str) -> tuple[str, ...]:
    """Returns the words of the name of a column, in lower case and singular: "ClassIds" is class, id."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.strip())
    return tuple(_singular(word) for word in re.findall(r"[^\W_]+", spaced.lower()))


def _known(name: str, names: Sequence[str]) -> bool:
    return first_of([name], names) is not None


def _compared(name: str) -> str:
    """Returns the form in which two spellings of the name of a column are equal."""
    return "".join(words_of(name))


def _singular(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies") and word != "species":
        return word[:-3] + "y"
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is", "ies")) else word
