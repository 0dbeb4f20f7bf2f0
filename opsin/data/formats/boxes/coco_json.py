"""Parser of one COCO JSON file; https://cocodataset.org/#format-data."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from opsin.core import DataError
from opsin.geometry.rle import decode_runs

from ..scan import count, some
from .annotations import area_of
from .coco_fields import Id, Ids, box_of, id_of, is_true, number_of, number_of_id, polygons_of, run_lengths_of
from .outlines import Outline
from .placing import ImageAnnotations, are_relative

_FILES = ("file_name", "filename", "fileName", "path", "file", "name", "image", "coco_url", "flickr_url")
_LABELS = ("category_id", "category", "category_name", "class_id", "class", "label")


@dataclass(frozen=True, eq=False)
class CocoFile:
    """The content of one COCO file.

    Attributes:
        names: Names of the classes, in the order of their category ids.
        images: Annotations of each image; ids are the file names in the JSON.
        notes: Messages on annotations that were left out.
    """

    names: tuple[str, ...]
    images: list[ImageAnnotations]
    notes: list[str] = field(default_factory=list[str])


@dataclass
class _Found:
    """The annotations of one image."""

    boxes: list[list[float]] = field(default_factory=list[list[float]])
    outlines: list[Outline] = field(default_factory=list[Outline])


def entries_of(content: Mapping[str, Any], key: str) -> list[tuple[Any, Any]]:
    """Returns the entries of a part of the file with their keys, None in a list.

    Args:
        content: The content of the JSON file.
        key: Name of the part: images, annotations or categories.
    """
    value = content.get(key)
    if isinstance(value, Mapping):
        return list(cast("Mapping[Any, Any]", value).items())
    return [(None, entry) for entry in cast("list[Any]", value)] if isinstance(value, list) else []


def read_coco(content: Mapping[str, Any], source: str) -> CocoFile:
    """Parses a COCO file; invalid annotations are left out, with a note.

    Args:
        content: The content of the JSON file.
        source: Its name in errors.

    Returns:
        Classes and annotations.

    Raises:
        DataError: Categories or images are invalid, or all annotations are.
    """
    annotations = [entry for _, entry in entries_of(content, "annotations")]
    categories, names, notes = _categories(content, annotations, source)
    listed, image_notes = _images(content, annotations, source)
    found, parsing_notes = _annotations(annotations, listed, categories, names, source)
    images = [
        ImageAnnotations(name, np.array(one.boxes, np.float64).reshape(-1, 7), tuple(one.outlines), size=size)
        for id, (name, size) in listed.items()
        for one in [found.get(id, _Found())]
    ]
    images, unit_notes = _units(images, source)
    return CocoFile(names, images, [*notes, *image_notes, *parsing_notes, *unit_notes])


def _categories(
    content: Mapping[str, Any], annotations: list[Any], source: str
) -> tuple[dict[Id, int], tuple[str, ...], list[str]]:
    """Returns the class index of each category id, the names, and notes.

    The order is that of the ids. Unused supercategories are left out; categories of one name are one class; without
    categories, classes are named by the annotations.
    """
    used = [value for entry in annotations if (value := _first(entry, _LABELS)) is not None]
    named: dict[Id, str] = {}
    supercategories: set[str] = set()
    for id, part in _with_ids(entries_of(content, "categories"), used):
        name = id_of(part.get("name"))
        name = str(id if name is None else name)
        if id is None or named.setdefault(id, name) != name:
            raise DataError(
                f"{source} has the category {str(dict(part))[:60]}. Expected a unique id and a name for each."
            )
        supercategories.add(str(part.get("supercategory")))
    notes: list[str] = []
    if not named:
        named = {id: str(id) for value in used if (id := id_of(value)) is not None}
        notes.append(f"{source} has no categories: classes are named as in its annotations")
    known = Ids(named, used)
    seen = {known.find(id) for id in {id_of(value) for value in used}}
    kept = [id for id, name in named.items() if id in seen or name not in supercategories or len(named) == 1]
    kept.sort(key=lambda id: (number_of_id(id) is None, number_of_id(id) or 0, str(id)))
    names = tuple(dict.fromkeys(named[id] for id in kept))
    if not names:
        raise DataError(f"{source} has no categories. Expected a list of them, each with id and name.")
    if len(names) < len(kept):
        notes.append(f"categories of {source} with the same name are one class")
    index = {name: place for place, name in enumerate(names)}
    return {id: index[named[id]] for id in kept}, names, notes


def _images(
    content: Mapping[str, Any], annotations: list[Any], source: str
) -> tuple[dict[Id, tuple[str, tuple[int, int] | None]], list[str]]:
    """Returns the file and, if stated, the (height, width) of each image id, and notes."""
    listed: dict[Id, tuple[str, tuple[int, int] | None]] = {}
    shared: set[Id] = set()
    used = [value for entry in annotations if (value := _first(entry, ("image_id",))) is not None]
    for id, part in _with_ids(entries_of(content, "images"), used):
        named = _first(part, _FILES)
        name = named if isinstance(named, str) and named.strip() else None if id is None else _file_of(id)
        if id is None or name is None:
            raise DataError(f"{source} has the image {str(dict(part))[:60]}. Expected an id and a file_name for each.")
        height, width = (number_of(part.get(side)) for side in ("height", "width"))
        size = (int(height), int(width)) if height and width and height >= 1 and width >= 1 else None
        if listed.setdefault(id, (name, size))[0] != name:
            shared.add(id)
    for id in shared:
        del listed[id]
    note = f"{count(shared, 'image id')} of {source} used for several files, left out: {some(list(map(str, shared)))}"
    return listed, [note] if shared else []


def _with_ids(entries: list[tuple[Any, Any]], used: list[Any]) -> list[tuple[Id | None, Mapping[str, Any]]]:
    """Returns entries with their ids; without any id, they are counted from 0 or 1, as the annotations do.

    Args:
        entries: Keys and entries: mappings, or names, or ids by name.
        used: The ids in the annotations.
    """
    first = 0 if any(number_of(value) == 0 for value in used) else 1
    found: list[tuple[Id | None, Mapping[str, Any]]] = []
    for place, (key, entry) in enumerate(entries):
        part = cast("Mapping[str, Any]", entry) if isinstance(entry, Mapping) else None
        if part is not None and part.get("id") is not None:
            found.append((id_of(part["id"]), part))
        elif part is None and isinstance(entry, int) and isinstance(key, str) and not key.isdigit():
            found.append((entry, {"name": key}))
        else:
            id = place + first if key is None else id_of(key)
            found.append((id, part if part is not None else {"name": entry} if isinstance(entry, str) else {}))
    return found


def _file_of(id: Id) -> str:
    """Returns the name of the file of an image without file_name, as in COCO: 12 digits."""
    return f"{id:012d}" if isinstance(id, int) else id


def _first(entry: Any, keys: tuple[str, ...]) -> Any:
    """Returns the value of the first key with a value; None without any."""
    if isinstance(entry, dict):
        part = cast("dict[str, Any]", entry)
        for key in keys:
            if (value := part.get(key)) is not None:
                return value
    return None


def _annotations(
    annotations: list[Any],
    listed: Mapping[Id, tuple[str, Any]],
    categories: Mapping[Id, int],
    names: tuple[str, ...],
    source: str,
) -> tuple[dict[Id, _Found], list[str]]:
    """Parses the annotations by image; notes name the invalid ones."""
    used = [(_first(entry, ("image_id",)), _first(entry, _LABELS)) for entry in annotations]
    image_ids = Ids({id: name for id, (name, _) in listed.items()}, (image for image, _ in used))
    category_ids = Ids({id: names[label] for id, label in categories.items()}, (label for _, label in used))
    found: dict[Id, _Found] = defaultdict(_Found)
    broken: list[str] = []
    unclear: list[str] = []
    for number, entry in enumerate(annotations, 1):
        try:
            image, category = _references(entry, image_ids, category_ids)
            outline, reason = _outline(entry, categories[category])
            box = _box(entry, outline, categories[category], reason)
        except DataError as error:
            broken.append(f"number {number} {error}".rstrip("."))
            continue
        found[image].boxes.append(box)
        if outline is not None:
            found[image].outlines.append(outline)
        elif reason:
            unclear.append(f"number {number} {reason}".rstrip("."))
    notes: list[str] = []
    if broken:
        notes.append(f"{count(broken, 'annotation')} of {source} left out: {some(broken, 3)}")
        if not found:
            raise DataError(notes[0])
    if unclear:
        notes.append(f"{count(unclear, 'segmentation')} of {source} not used, only the bbox: {some(unclear, 3)}")
    return found, notes


def _references(entry: Any, images: Ids, categories: Ids) -> tuple[Id, Id]:
    """Returns the ids of the image and of the category of an annotation."""
    if not isinstance(entry, Mapping):
        raise DataError(f"is {str(entry)[:40]}. Expected bbox and category_id.")
    image, category = cast("Mapping[str, Any]", entry).get("image_id"), _first(entry, _LABELS)
    image_id, category_id = images.find(image), categories.find(category)
    if image_id is None:
        raise DataError(f"is of the image {str(image)[:40]}, which is not listed.")
    if category_id is None:
        raise DataError(f"is of the category {str(category)[:40]}, which is not listed.")
    return image_id, category_id


def _outline(part: Mapping[str, Any], label: int) -> tuple[Outline | None, str]:
    """Returns the outline, None without a valid one, and the reason when it is invalid."""
    value, crowd = part.get("segmentation"), is_true(part.get("iscrowd"))
    runs = run_lengths_of(value)
    if runs is not None:
        return Outline(label, rle=runs, crowd=crowd), ""
    try:
        polygons = polygons_of(value)
    except DataError as error:
        return None, str(error)
    return (Outline(label, tuple(polygons), crowd=crowd) if polygons else None), ""


def _box(part: Mapping[str, Any], outline: Outline | None, label: int, reason: str) -> list[float]:
    """Returns a row of BOX_COLUMNS; without a bbox (or one of zeros), it is computed from the outline."""
    sides = box_of(part.get("bbox"))
    if outline is not None and (sides is None or not any(sides)):
        sides = _around(outline)
    if sides is None:
        raise DataError(reason or "has neither a bbox nor a segmentation. Expected x, y, width and height.")
    x, y, width, height = sides
    area = number_of(part.get("area"))
    if not area or area < 0:
        area = area_of(outline.polygons) if outline is not None and outline.polygons else abs(width * height)
    return [x, y, x + width, y + height, float(label), float(is_true(part.get("iscrowd"))), area]


def _around(outline: Outline) -> list[float] | None:
    """Returns x, y, width and height of an outline; None for an empty one."""
    if outline.rle is not None:
        rows, columns = np.nonzero(decode_runs(outline.rle))
        points = np.stack([np.append(columns, columns + 1), np.append(rows, rows + 1)], axis=1)
    else:
        points = np.concatenate(outline.polygons)
    if not len(points):
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    return [float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])]


def _units(images: list[ImageAnnotations], source: str) -> tuple[list[ImageAnnotations], list[str]]:
    """Recognises boxes and polygons from 0 to 1, by all values of the file; a note says so."""
    corners = np.concatenate([image.boxes[:, :4] for image in images] or [np.zeros((0, 4))])
    polygons = [points for image in images for outline in image.outlines for points in outline.polygons]
    relative = are_relative(corners), bool(polygons) and are_relative(np.concatenate(polygons))
    if not any(relative):
        return images, []
    if polygons and relative[0] != relative[1]:
        images = [_as_relative(image, *relative, source) for image in images]
    images = [replace(image, boxes=_with_area(image), relative=True) for image in images]
    return images, [f"coordinates of {source} are from 0 to 1: relative to the image size"]


def _as_relative(image: ImageAnnotations, boxes: bool, polygons: bool, source: str) -> ImageAnnotations:
    """Divides the coordinates that are in pixels by the stated size of the image."""
    if image.size is None:
        what = "boxes" if boxes else "polygons"
        raise DataError(
            f"{source} has {what} from 0 to 1 and others in pixels. Expected width and height of each image."
        )
    scale = np.array(image.size[::-1], np.float64)
    rows = (
        image.boxes if boxes else np.concatenate([image.boxes[:, :4] / np.tile(scale, 2), image.boxes[:, 4:]], axis=1)
    )
    outlines = image.outlines
    if not polygons:
        outlines = tuple(replace(one, polygons=tuple(points / scale for points in one.polygons)) for one in outlines)
    return replace(image, boxes=rows, outlines=outlines)


def _with_area(image: ImageAnnotations) -> np.ndarray:
    """Returns relative boxes with their relative areas, as the file may state them in either unit."""
    sides = np.abs(image.boxes[:, 2:4] - image.boxes[:, :2])
    return np.concatenate([image.boxes[:, :6], sides.prod(axis=1, keepdims=True)], axis=1)
