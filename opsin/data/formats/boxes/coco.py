"""COCO's json: boxes, polygons and run lengths, one file or one for each split."""

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
from ..masks.pairing import split_of
from ..parsing import load_json
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, scan, some
from ..split_names import split_name
from .annotations import ImageAnnotations, annotated_table
from .coco_json import read_coco
from .image_names import ImageNames

_MOST_FILES = 50
_KEYS = ("images", "annotations", "categories")
_START = 4096


def match_coco(listing: FolderListing) -> FormatMatches:
    """Each .json with images, annotations and categories, those of train, val and test together."""
    together: dict[str, dict[str, Mapping[str, Any]]] = {}
    reasons: list[str] = []
    paths = [path for path in listing.others if path.lower().endswith(".json") and path.count("/") <= 2]
    for path in paths[:_MOST_FILES]:
        try:
            described = _load(listing.folder / path, path)
        except DataError as error:
            reasons.append(str(error))
            continue
        if described is not None:
            together.setdefault(_without_split(path), {})[path] = described
    matches = [_match(listing, files) for files in together.values()]
    return matches, "" if matches else "; ".join(reasons) or "no .json with images, annotations and categories"


def _load(path: Path, source: str) -> Mapping[str, Any] | None:
    """The file when it is one of COCO; None when it is another's."""
    try:
        with open(path, "rb") as file:
            start = file.read(_START).lstrip(b"\xef\xbb\xbf \t\r\n")
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}") from error
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
    """All images of the files by their paths below the folder, or below the one above when they lie there."""
    parts = {path: read_coco(described, path) for path, described in files.items()}
    names = next(iter(parts.values())).names
    for path, part in parts.items():
        if part.names != names:
            raise DataError(f"{path} has other categories than {next(iter(parts))}. Expected the same in each.")
    wanted = [(path, one) for path, part in parts.items() for one in part.images]
    root, places = listing.folder, _places(listing.images, wanted, "")
    if not any(places):
        root = Path(os.path.realpath(listing.folder)).parent
        places = _places(scan(root).images, wanted, f"{Path(os.path.realpath(listing.folder)).name}/")
    images: dict[str, ImageAnnotations] = {}
    missing: list[str] = []
    twice: list[str] = []
    for (path, one), place in zip(wanted, places, strict=True):
        if place is None:
            missing.append(one.id)
        elif place in images:
            twice.append(place)
        else:
            images[place] = replace(one, id=place, split=_split(path) if len(files) > 1 else None)
    notes = [*listing.notes, *(note for part in parts.values() for note in part.notes)]
    if missing:
        notes.append(f"{count(missing, 'image')} of {some(list(files), 2)} not there: {some(missing)}")
    if twice:
        notes.append(f"{count(twice, 'image')} listed more than once, taken once: {some(twice)}")
    if outlined and kind is BOXES:
        notes.append("outlines are there too: say task instances or segment to learn them")
    return annotated_table(FileImages(root), images.values(), names, origin, kind, notes)


def _places(paths: Iterable[str], wanted: Iterable[tuple[str, ImageAnnotations]], above: str) -> list[str | None]:
    """Where each image lies, near the file that names it or in the folder that COCO's own layout has for it."""
    listed = ImageNames(paths)
    found: list[str | None] = []
    for path, one in wanted:
        name = one.id if "/" in one.id else f"{_image_folder(path)}/{one.id}"
        found.append(listed.find(name, above + path.rpartition("/")[0]))
    return found


def _image_folder(path: str) -> str:
    """Where COCO's own layout keeps the images of annotations/instances_train2017.json: train2017."""
    return next((part for part in re.split(r"[_\-]", Path(path).stem) if split_name(re.sub(r"\d{4}$", "", part))), "")


def _split(path: str) -> str | None:
    """The split that a file's folder or name tells."""
    return split_of(path) or split_name(re.sub(r"\d{4}$", "", _image_folder(path)))


def _without_split(path: str) -> str:
    """A path as it is for every split alike."""
    parts = re.split(r"([/_\-.])", path)
    return "".join("*" if split_name(re.sub(r"\d{4}$", "", part)) else part for part in parts)
