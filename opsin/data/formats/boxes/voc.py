"""Reader of Pascal VOC: an XML file per image, and ImageSets; http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc."""

import math
import os
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from xml.etree.ElementTree import Element

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, TargetKind
from ..image_names import name_forms
from ..masks.pairing import split_of
from ..parsing import load_xml
from ..reader import FormatMatch, FormatMatches
from ..scan import IMAGE_EXTENSIONS, FolderListing, count, some
from ..split_names import in_order, split_name
from .annotations import annotated_table
from .placing import ImageAnnotations, are_relative
from .voc_pairs import pair_images

_MAX_TRIED = 20
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_MOST_LIST_BYTES = 1 << 26


@dataclass(frozen=True)
class _Object:
    name: str
    box: tuple[float, float, float, float]
    difficult: bool


@dataclass(frozen=True)
class _Annotation:
    image: str
    objects: tuple[_Object, ...]
    size: tuple[int, int] | None


def match_voc(listing: FolderListing) -> FormatMatches:
    """Matches XML files with an <annotation> of objects.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    paths = [path for path in listing.others if path.lower().endswith(".xml")]
    if not paths:
        return [], "no .xml"
    reason = ""
    for path in paths[:_MAX_TRIED]:
        try:
            _annotation(load_xml(listing.path(path), path), path)
        except DataError as error:
            reason = str(error)
            continue

        def read(origin: str, kind: TargetKind | None) -> Table:
            return _read(listing, paths, origin)

        return [FormatMatch("Pascal VOC's .xml files", (), (BOXES,), read)], ""
    return [], reason


def _read(listing: FolderListing, paths: list[str], origin: str) -> Table:
    """Reads a row per file with an image; an invalid file is left out together with its image, with a note."""
    annotations: dict[str, _Annotation] = {}
    broken: list[str] = []
    for path in paths:
        try:
            annotations[path] = _annotation(load_xml(listing.path(path), path), path)
        except DataError as error:
            broken.append(str(error).rstrip("."))
    notes = list(listing.notes)
    if broken:
        notes.append(f"{count(broken, 'annotation file')} left out with the image: {some(broken)}")
    pairs = pair_images(listing, {path: (one.image, one.size) for path, one in annotations.items()})
    read = {image: annotations[path] for path, image in pairs.images.items()}
    notes += pairs.notes
    unannotated = len(listing.images) - len(read) - len(broken)
    if unannotated > 0:
        notes.append(f"{count(unannotated, 'image')} without an annotation file left out")
    if not read:
        raise DataError(f"{origin}: no .xml file has an image: {'; '.join(notes)}.")
    names = in_order(one.name for annotation in read.values() for one in annotation.objects)
    labels = {name: index for index, name in enumerate(names)}
    difficult = sum(one.difficult for annotation in read.values() for one in annotation.objects)
    if difficult:
        notes.append(f"{count(difficult, 'difficult object')}: ignored in the scores, found or not")
    splits = _splits(listing, list(read))
    corners = np.array([one.box for annotation in read.values() for one in annotation.objects], np.float64)
    relative = are_relative(corners)
    if relative:
        notes.append("coordinates of the .xml files are from 0 to 1: relative to the image size")
    images = [
        ImageAnnotations(
            id, _boxes(annotation, labels, relative), split=splits[id], size=annotation.size, relative=relative
        )
        for id, annotation in read.items()
    ]
    return annotated_table(FileImages(listing.folder), images, names, origin, BOXES, notes)


def _annotation(root: Element, source: str) -> _Annotation:
    """Parses one file; DataError, naming `source`, when it is invalid."""
    if root.tag != "annotation":
        raise DataError(f"{source} has <{root.tag[:40]}>. Expected <annotation>.")
    objects: list[_Object] = []
    for number, one in enumerate(root.iter("object"), 1):
        name, box = _text(one, "name"), one.find("bndbox")
        if not name or box is None:
            raise DataError(f"{source}: object {number} has no {'bndbox' if name else 'name'}.")
        sides = [_number(_text(box, side)) for side in _SIDES]
        if None in sides:
            given = ", ".join(_text(box, side)[:12] or "empty" for side in _SIDES)
            raise DataError(f"{source}: object {number} has the corners {given}. Expected numbers.")
        left, top, right, bottom = (side for side in sides if side is not None)
        objects.append(
            _Object(name, (left, top, right, bottom), _text(one, "difficult").lower() in ("1", "true", "yes"))
        )
    size = root.find("size")
    height, width = (_number(_text(size, side)) if size is not None else None for side in ("height", "width"))
    given = (int(height), int(width)) if height and width and height >= 1 and width >= 1 else None
    folder, name = _text(root, "folder"), _text(root, "filename")
    image = (f"{folder}/{name}" if folder else name) if name else _text(root, "path")
    return _Annotation(image, tuple(objects), given)


def _boxes(annotation: _Annotation, labels: dict[str, int], relative: bool) -> np.ndarray:
    """Returns boxes (k, 7) of BOX_COLUMNS with 0-based pixels and exclusive ends, or relative as they are.

    VOC has 1-based pixels and inclusive ends. Equal corners stay equal, without area.
    """
    boxes = np.array([one.box for one in annotation.objects], np.float64).reshape(-1, 4)
    first, last = boxes[:, :2], boxes[:, 2:]
    if not relative:
        swapped = last < first - 1
        first = first - np.where((first != last) & ~swapped & (first > 0.5), 1.0, 0.0)
        last = last - np.where(swapped & (last > 0.5), 1.0, 0.0)
    labels_and_flags = np.array([[labels[one.name], one.difficult] for one in annotation.objects], np.float64).reshape(
        -1, 2
    )
    area = np.abs(np.prod(last - first, axis=1, keepdims=True))
    return np.concatenate([first, last, labels_and_flags, area], axis=1)


def _splits(listing: FolderListing, ids: list[str]) -> dict[str, str | None]:
    """Returns the split of each image by ImageSets/Main/train.txt etc., else by folder when all images have one."""
    split_of_stem: dict[str, str] = {}
    for path in listing.others:
        stem = Path(path).stem
        name = split_name(stem)
        if path.endswith(".txt") and "ImageSets/" in f"/{path}" and name is not None:
            if listing.path(path).stat().st_size > _MOST_LIST_BYTES:
                raise DataError(f"{path} is larger than {_MOST_LIST_BYTES:,} bytes. Expected one name per line.")
            for line in listing.path(path).read_text("utf-8-sig", "replace").splitlines():
                if line.strip():
                    split_of_stem.setdefault(_stem_form(line.strip()), name)
                    split_of_stem.setdefault(_stem_form(line.split()[0]), name)
    if split_of_stem:
        return {id: split_of_stem.get(_stem_form(id)) for id in ids}
    folders = {id: split_of(id) for id in ids}
    complete = None not in folders.values() and len(set(folders.values())) > 1
    return folders if complete else dict.fromkeys(ids)


def _stem_form(path: str) -> str:
    """Returns the name of an image without folders and ending, equal for all spellings."""
    name = name_forms(PureWindowsPath(path).name)[2]
    stem, ending = os.path.splitext(name)
    return stem if ending in IMAGE_EXTENSIONS else name


def _text(element: Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
