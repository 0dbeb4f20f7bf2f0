"""Reader of COCO JSON: boxes, polygons and run lengths, in one file or one per split."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, INSTANCES, MASKS, TargetKind
from ..image_names import ImageNames
from ..masks.pairing import split_of
from ..parsing import load_json
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, scan, some
from ..split_names import split_name
from .annotations import ImageAnnotations, annotated_table
from .coco_json import read_coco

_MOST_FILES = 50
_KEYS = ("images", "annotations", "categories")
_START = 4096


def match_coco(listing: FolderListing) -> FormatMatches:
    """Matches .json files with images, annotations and categories; the files of all splits are one match.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    groups: dict[str, dict[str, Mapping[str, Any]]] = {}
    reasons: list[str] = []
    paths = [path for path in listing.others if path.lower().endswith(".json") and path.count("/") <= 2]
    for path in paths[:_MOST_FILES]:
        try:
            described = _load(listing.folder / path, path)
        except DataError as error:
            reasons.append(str(error))
            continue
        if described is not None:
            groups.setdefault(_without_split(path), {})[path] = described
    matches = [_match(listing, files) for files in groups.values()]
    return matches, "" if matches else "; ".join(reasons) or "no .json with images, annotations and categories"


def _load(path: Path, source: str) -> Mapping[str, Any] | None:
    """Returns the content of a COCO file; None for other JSON."""
    try:
        with open(path, "rb") as file:
            start = file.read(_START).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if not start.startswith(b"{"):
        return None
    described: object = load_json(path, source)
    if not isinstance(described, Mapping) or not all(
        isinstance(cast("Mapping[str, Any]", described).get(key), list) for key in _KEYS
    ):
        return None
    return cast("Mapping[str, Any]", described)


def _match(listing: FolderListing, files: Mapping[str, Mapping[str, Any]]) -> FormatMatch:
    annotations = (one for described in files.values() for one in cast("list[object]", described["annotations"]))
    outlined = any(
        isinstance(one, Mapping) and cast("Mapping[str, Any]", one).get("segmentation") for one in annotations
    )
    kinds = (BOXES, INSTANCES, MASKS) if outlined else (BOXES,)

    def read(origin: str, kind: TargetKind | None) -> Table:
        try:
            return _read(listing, files, origin, kind or kinds[0], outlined)
        except DataError as error:
            raise DataError(str(error) if str(error).startswith(origin) else f"{origin}: {error}") from error

    return FormatMatch(f"COCO's {' and '.join(files)}", tuple(files), kinds, read)


def _read(
    listing: FolderListing, files: Mapping[str, Mapping[str, Any]], origin: str, kind: TargetKind, outlined: bool
) -> Table:
    """Reads all images of the files, below the folder, or below its parent when they are there."""
    parts = {path: read_coco(described, path) for path, described in files.items()}
    names = next(iter(parts.values())).names
    for path, part in parts.items():
        if part.names != names:
            raise DataError(f"{path} has other categories than {next(iter(parts))}. Expected the same in all files.")
    annotated = [(path, image) for path, part in parts.items() for image in part.images]
    root, locations = listing.folder, _locate(listing.images, annotated, "")
    if not any(locations):
        root = Path(os.path.realpath(listing.folder)).parent
        locations = _locate(scan(root).images, annotated, f"{Path(os.path.realpath(listing.folder)).name}/")
    images: dict[str, ImageAnnotations] = {}
    missing: list[str] = []
    repeated: list[str] = []
    for (path, image), location in zip(annotated, locations, strict=True):
        if location is None:
            missing.append(image.id)
        elif location in images:
            repeated.append(location)
        else:
            images[location] = replace(image, id=location, split=_split(path) if len(files) > 1 else None)
    notes = [*listing.notes, *(note for part in parts.values() for note in part.notes)]
    if missing:
        notes.append(f"{count(missing, 'image')} of {some(list(files), 2)} missing: {some(missing)}")
    if repeated:
        notes.append(f"{count(repeated, 'image')} listed more than once, used once: {some(repeated)}")
    if outlined and kind is BOXES:
        notes.append("outlines are available too: set the task to instances or segment to use them")
    return annotated_table(FileImages(root), images.values(), names, origin, kind, notes)


def _locate(paths: Iterable[str], annotated: Iterable[tuple[str, ImageAnnotations]], parent: str) -> list[str | None]:
    """Returns the path of each image, near the listing file or in COCO's own layout; None if missing."""
    listed = ImageNames(paths)
    found: list[str | None] = []
    for path, image in annotated:
        name = image.id if "/" in image.id else f"{_image_folder(path)}/{image.id}"
        found.append(listed.find(name, parent + path.rpartition("/")[0]))
    return found


def _image_folder(path: str) -> str:
    """Returns the folder of the images in COCO's own layout: train2017 for annotations/instances_train2017.json."""
    return next((part for part in re.split(r"[_\-]", Path(path).stem) if split_name(re.sub(r"\d{4}$", "", part))), "")


def _split(path: str) -> str | None:
    """Returns the split by the folder or the name of a file."""
    return split_of(path) or split_name(re.sub(r"\d{4}$", "", _image_folder(path)))


def _without_split(path: str) -> str:
    """Returns a path with the names of splits replaced by a wildcard."""
    parts = re.split(r"([/_\-.])", path)
    return "".join("*" if split_name(re.sub(r"\d{4}$", "", part)) else part for part in parts)
