"""Reader of one .json per image with outlines, as LabelMe and Supervisely write; https://github.com/wkentaro/labelme."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from opsin.core import DataError

from ...images import FileImages
from ...table import Table
from ...targets import BOXES, INSTANCES, MASKS, TargetKind
from ..image_names import ImageNames
from ..masks.pairing import split_of
from ..parsing import load_json
from ..reader import FormatMatch, FormatMatches
from ..scan import FolderListing, count, some
from ..split_names import in_order
from .annotations import ImageAnnotations, annotated_table
from .outlines import Outline

MOST_BYTES = 1 << 26
_START = 4096
_TRIED = 3
_CIRCLE_CORNERS = 32
_MARKS = (b'"shapes"', b'"objects"')


@dataclass(frozen=True)
class _Shape:
    name: str
    points: np.ndarray
    is_rectangle: bool


@dataclass(frozen=True)
class _Annotation:
    image: str
    size: tuple[int, int] | None
    shapes: tuple[_Shape, ...]
    others: tuple[str, ...]


def match_labelme(listing: FolderListing) -> FormatMatches:
    """Matches .json files with the outlines of one image each.

    Args:
        listing: The files of the folder.

    Returns:
        The matches, and the reason when there are none.
    """
    paths = [
        path for path in listing.others if path.lower().endswith(".json") and path.rpartition("/")[2] != "meta.json"
    ]
    files = FileImages(listing.folder)
    if not listing.images or not any(_is_annotation(files, path) for path in paths[:_TRIED]):
        return [], "no .json of LabelMe or Supervisely for each image"

    def read(origin: str, kind: TargetKind | None) -> Table:
        return _read(listing, paths, origin, kind or BOXES)

    return [FormatMatch("LabelMe's .json files", (), (BOXES, INSTANCES, MASKS), read)], ""


def _is_annotation(files: FileImages, path: str) -> bool:
    try:
        start = files.start(path, _START)
    except DataError:
        return False
    return any(mark in start for mark in _MARKS)


def _read(listing: FolderListing, paths: list[str], origin: str, kind: TargetKind) -> Table:
    names = ImageNames(listing.images)
    found: dict[str, _Annotation] = {}
    broken: list[str] = []
    missing: list[str] = []
    for path in paths:
        try:
            annotation = _parse(load_json(listing.folder / path, path, MOST_BYTES), path)
        except DataError as error:
            broken.append(str(error).rstrip("."))
            continue
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        image = names.find(stem, folder) or names.find(annotation.image, folder)
        if image is None:
            missing.append(path)
        else:
            found[image] = annotation
    classes = in_order(shape.name for annotation in found.values() for shape in annotation.shapes)
    labels = {name: index for index, name in enumerate(classes)}
    splits = {image: split_of(image) for image in found}
    use_splits = None not in splits.values() and len(set(splits.values())) > 1
    images = [
        ImageAnnotations(
            image,
            _boxes(annotation.shapes, labels),
            tuple(Outline(labels[shape.name], (shape.points,)) for shape in annotation.shapes),
            splits[image] if use_splits else None,
            size=annotation.size,
        )
        for image, annotation in found.items()
    ]
    notes = [*listing.notes, *_notes(found, broken, missing, len(listing.images))]
    if kind is BOXES and any(not shape.is_rectangle for one in found.values() for shape in one.shapes):
        notes.append("outlines are available too: set the task to instances or segment to use them")
    return annotated_table(FileImages(listing.folder), images, classes, origin, kind, notes)


def _notes(found: Mapping[str, _Annotation], broken: list[str], missing: list[str], images: int) -> Iterable[str]:
    if broken:
        yield f"{count(broken, '.json file')} left out: {some(broken, 2)}"
    if missing:
        yield f"{count(missing, '.json file')} without an image left out: {some(missing)}"
    if images > len(found):
        yield f"{count(images - len(found), 'image')} without a .json left out"
    others = Counter(kind for annotation in found.values() for kind in annotation.others)
    for kind, number in sorted(others.items()):
        yield f"{count(number, 'shape')} of the type {kind} left out. Expected polygons, rectangles or circles"


def _boxes(shapes: Iterable[_Shape], labels: Mapping[str, int]) -> np.ndarray:
    rows: list[list[float]] = []
    for shape in shapes:
        (left, top), (right, bottom) = shape.points.min(0).tolist(), shape.points.max(0).tolist()
        rows.append([left, top, right, bottom, labels[shape.name], 0, (right - left) * (bottom - top)])
    return np.array(rows, np.float64).reshape(-1, 7)


def _parse(content: Any, path: str) -> _Annotation:
    """Parses LabelMe's {imagePath, shapes} or Supervisely's {size, objects}."""
    described = cast("Mapping[str, Any]", content) if isinstance(content, Mapping) else {}
    shapes = described.get("shapes", described.get("objects"))
    if not isinstance(shapes, list):
        raise DataError(f"{path} has no list of shapes or objects.")
    found: list[_Shape] = []
    others: list[str] = []
    for shape in cast("list[Any]", shapes):
        if not isinstance(shape, Mapping):
            raise DataError(f"{path} has a shape that is {type(shape).__name__}. Expected a label and points.")
        parsed = _shape(cast("Mapping[str, Any]", shape))
        if isinstance(parsed, str):
            others.append(parsed)
        else:
            found.append(parsed)
    image = str(described.get("imagePath") or path.rpartition("/")[2].removesuffix(".json"))
    return _Annotation(image, _size(described), tuple(found), tuple(others))


def _size(described: Mapping[str, Any]) -> tuple[int, int] | None:
    inner: Any = described.get("size")
    size = cast("Mapping[str, Any]", inner) if isinstance(inner, Mapping) else {}
    height = described.get("imageHeight", size.get("height"))
    width = described.get("imageWidth", size.get("width"))
    if not (isinstance(height, int) and isinstance(width, int) and height > 0 and width > 0):
        return None
    return height, width


def _shape(shape: Mapping[str, Any]) -> _Shape | str:
    """Returns a shape with its corners, or its type when it has no area."""
    kind = str(shape.get("shape_type") or shape.get("geometryType") or "polygon")
    name = str(shape.get("label") or shape.get("classTitle") or "").strip()
    points = shape.get("points")
    if isinstance(points, Mapping):
        points = cast("Mapping[str, Any]", points).get("exterior")
    try:
        corners = np.array(points, np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        return kind
    if not name or not np.isfinite(corners).all() or len(corners) < 2:
        return kind
    if kind == "rectangle":
        (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
        return _Shape(name, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]), True)
    if kind == "circle":
        radius = float(np.hypot(*(corners[1] - corners[0])))
        angles = np.arange(_CIRCLE_CORNERS) * 2 * math.pi / _CIRCLE_CORNERS
        return _Shape(name, corners[0] + radius * np.stack([np.cos(angles), np.sin(angles)], 1), False)
    return _Shape(name, corners, False) if kind == "polygon" and len(corners) > 2 else kind
