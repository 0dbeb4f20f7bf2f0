"""Reader of COCO JSON: boxes, polygons and run lengths, in one file or several per split."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, INSTANCES, MASKS, TargetKind
from ..parsing import load_json
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from .annotations import annotated_table
from .box_cleaning import corners_note
from .coco_json import CocoFile, entries_of, read_coco
from .location import NamedImage, locate_images
from .outlines import Outline
from .placing import ImageAnnotations
from .split_files import split_of_file, split_part, without_split

_MOST_FILES = 1000
_START = 4096
_OBJECT_KEYS = ("bbox", "segmentation")
_OTHER_KEYS = ("caption", "segments_info")


def match_coco(listing: FolderListing) -> FormatMatches:
    """Matches .json files with images and annotations; the files of all splits and parts are one match.

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
            described = _load(listing.path(path), path)
        except DataError as error:
            reasons.append(str(error))
            continue
        if described is not None:
            groups.setdefault(without_split(path), {})[path] = described
    matches = [_match(listing, files) for files in _joined_parts(groups)]
    return matches, "" if matches else "; ".join(reasons) or "no .json with images, annotations and categories"


def _joined_parts(groups: Mapping[str, dict[str, Mapping[str, Any]]]) -> list[dict[str, Mapping[str, Any]]]:
    """Joins the files of a folder that share no image, such as one file per image or site: parts of one data set."""
    by_folder: dict[str, list[dict[str, Mapping[str, Any]]]] = defaultdict(list)
    for pattern, files in groups.items():
        by_folder[pattern.rpartition("/")[0]].append(files)
    joined: list[dict[str, Mapping[str, Any]]] = []
    for found in by_folder.values():
        listed = [set(map(str, _listed_names(files))) for files in found]
        disjoint = len(set[str]().union(*listed)) == sum(map(len, listed))
        joined += [{path: content for files in found for path, content in files.items()}] if disjoint else found
    return joined


def _listed_names(files: Mapping[str, Mapping[str, Any]]) -> list[object]:
    entries = [entry for content in files.values() for _, entry in entries_of(content, "images")]
    return [cast("Mapping[str, Any]", entry).get("file_name") for entry in entries if isinstance(entry, Mapping)]


def _load(path: Path, source: str) -> Mapping[str, Any] | None:
    """Returns the content of a COCO file; None for other JSON."""
    try:
        with open(path, "rb") as file:
            start = file.read(_START).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    if not start.startswith(b"{"):
        return None
    found: object = load_json(path, source)
    if not isinstance(found, Mapping) or not all(
        isinstance(cast("Mapping[str, Any]", found).get(key), (list, Mapping)) for key in ("images", "annotations")
    ):
        return None
    described = cast("Mapping[str, Any]", found)
    annotations = [entry for _, entry in entries_of(described, "annotations") if isinstance(entry, Mapping)]
    objects = any(key in entry for entry in annotations for key in _OBJECT_KEYS)
    others = any(key in entry for entry in annotations[:10] for key in _OTHER_KEYS)
    listed = bool(entries_of(described, "categories"))
    return described if objects or (listed and not others) else None


def _match(listing: FolderListing, files: Mapping[str, Mapping[str, Any]]) -> FormatMatch:
    outlined = any(
        isinstance(entry, Mapping) and cast("Mapping[str, Any]", entry).get("segmentation")
        for described in files.values()
        for _, entry in entries_of(described, "annotations")
    )
    kinds = (BOXES, INSTANCES, MASKS) if outlined else (BOXES,)

    def read(origin: str, kind: TargetKind | None) -> Table:
        try:
            return _read(listing, files, origin, kind or kinds[0], outlined)
        except DataError as error:
            raise DataError(str(error) if str(error).startswith(origin) else f"{origin}: {error}") from error

    return FormatMatch(f"COCO's {some(list(files), 3).replace(', ', ' and ')}", tuple(files), kinds, read)


def _read(
    listing: FolderListing, files: Mapping[str, Mapping[str, Any]], origin: str, kind: TargetKind, outlined: bool
) -> Table:
    """Reads all images of the files; the entries of one image are joined, and categories are joined by name."""
    parts = {path: read_coco(described, path) for path, described in files.items()}
    names = tuple(dict.fromkeys(name for part in parts.values() for name in part.names))
    listed = [(path, image) for path, part in parts.items() for image in _with_labels(part, names)]
    named = [NamedImage(image.id, path.rpartition("/")[0], image.size, split_part(path)) for path, image in listed]
    located = locate_images(listing, named, some(list(files), 2))
    entries: dict[str, list[tuple[str | None, ImageAnnotations]]] = defaultdict(list)
    for (path, image), location in zip(listed, located.paths, strict=True):
        if location is not None:
            split = split_of_file(path) if len(files) > 1 else None
            entries[location].append((split, replace(image, id=location, split=split)))
    notes = [*listing.notes, *(note for part in parts.values() for note in part.notes), *located.notes]
    differing = [path for path, part in parts.items() if part.names != names]
    if differing:
        notes.append(f"categories of {count(len(files), 'file')} joined by name: {some(differing, 3)} have other ones")
    images, joined = _joined(entries)
    joined += corners_note(images, "x, y, width and height", centred=False)
    if outlined and kind is BOXES:
        joined.append("outlines are available too: set the task to instances or segment to use them")
    return annotated_table(FileImages(located.root), images, names, origin, kind, [*notes, *joined])


def _with_labels(part: CocoFile, names: tuple[str, ...]) -> list[ImageAnnotations]:
    """Returns the images of a file, with class indices among `names` of all files."""
    if part.names == names[: len(part.names)]:
        return part.images
    index = np.array([names.index(name) for name in part.names], np.float64)

    def outline(one: Outline) -> Outline:
        return replace(one, label=int(index[one.label]))

    return [
        replace(
            image,
            boxes=np.concatenate(
                [image.boxes[:, :4], index[image.boxes[:, 4:5].astype(int)], image.boxes[:, 5:]], axis=1
            ),
            outlines=tuple(map(outline, image.outlines)),
        )
        for image in part.images
    ]


def _joined(
    entries: Mapping[str, list[tuple[str | None, ImageAnnotations]]],
) -> tuple[list[ImageAnnotations], list[str]]:
    """Joins the entries of each image in its first split; notes name repeated images."""
    images: list[ImageAnnotations] = []
    repeated: list[str] = []
    divided: list[str] = []
    for id, found in entries.items():
        split, first = found[0]
        own = [image for other, image in found if other == split and image.relative == first.relative]
        images.append(
            replace(
                first,
                boxes=np.concatenate([image.boxes for image in own]),
                outlines=tuple(outline for image in own for outline in image.outlines),
            )
        )
        repeated += [id] if len(own) > 1 else []
        divided += [id] if len(own) < len(found) else []
    notes: list[str] = []
    if repeated:
        notes.append(f"{count(repeated, 'image')} listed more than once, boxes of all entries used: {some(repeated)}")
    if divided:
        notes.append(f"{count(divided, 'image')} listed in several splits, used in the first: {some(divided)}")
    return images, notes
