"""Parser of one COCO JSON file; https://cocodataset.org/#format-data."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from opsin.core import DataError

from ..scan import count, some
from .annotations import ImageAnnotations, area_of
from .outlines import Outline


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
    labels, names = _categories(content, source)
    boxes: dict[Any, list[list[float]]] = defaultdict(list)
    outlines: dict[Any, list[Outline]] = defaultdict(list)
    listed = _images(content, source)
    broken: list[str] = []
    for index, entry in enumerate(cast("list[Any]", content["annotations"])):
        try:
            image, box, outline = _annotation(entry, labels, listed)
        except DataError as error:
            broken.append(f"number {index + 1} {error}".rstrip("."))
            continue
        boxes[image].append(box)
        if outline is not None:
            outlines[image].append(outline)
    notes: list[str] = []
    if broken:
        message = f"{count(broken, 'annotation')} of {source} left out: {some(broken, 3)}"
        if not boxes:
            raise DataError(message)
        notes.append(message)
    images = [
        ImageAnnotations(
            name, np.array(boxes.get(id, ()), np.float64).reshape(-1, 7), tuple(outlines.get(id, ())), size=size
        )
        for id, (name, size) in listed.items()
    ]
    return CocoFile(names, images, notes)


def _categories(content: Mapping[str, Any], source: str) -> tuple[dict[Any, int], tuple[str, ...]]:
    """Returns the class index of each category id, in the order of the ids; unused supercategories are left out."""
    found: dict[int, str] = {}
    supercategories: set[str] = set()
    for entry in cast("list[Any]", content["categories"]):
        id, name = (entry.get("id"), entry.get("name")) if isinstance(entry, Mapping) else (None, None)  # pyright: ignore
        if not _whole(id) or not isinstance(name, str) or not name or id in found:
            raise DataError(f"{source} has the category {str(entry)[:60]}. Expected a unique id and a name for each.")
        found[cast(int, id)] = name
        supercategories.add(str(cast("Mapping[str, Any]", entry).get("supercategory")))
    used = {
        cast("Mapping[str, Any]", entry).get("category_id")
        for entry in cast("list[Any]", content["annotations"])
        if isinstance(entry, Mapping) and _whole(cast("Mapping[str, Any]", entry).get("category_id"))
    }
    kept = sorted(id for id, name in found.items() if id in used or name not in supercategories or len(found) == 1)
    names = tuple(found[id] for id in kept)
    if not names or len(set(names)) != len(names):
        raise DataError(f"{source} has the categories {some(list(names))}. Expected at least one, with unique names.")
    return {id: index for index, id in enumerate(kept)}, names


def _images(content: Mapping[str, Any], source: str) -> dict[Any, tuple[str, tuple[int, int] | None]]:
    """Returns the file and, if stated, the (height, width) of each image id."""
    listed: dict[Any, tuple[str, tuple[int, int] | None]] = {}
    for entry in cast("list[Any]", content["images"]):
        part = cast("Mapping[str, Any]", entry) if isinstance(entry, Mapping) else {}
        id, name = part.get("id"), part.get("file_name")
        if not isinstance(id, (int, str)) or not isinstance(name, str) or id in listed:
            raise DataError(f"{source} has the image {str(entry)[:60]}. Expected a unique id and a file_name for each.")
        height, width = part.get("height"), part.get("width")
        sized = _whole(height) and _whole(width) and cast(int, height) > 0 and cast(int, width) > 0
        listed[id] = name, (cast(int, height), cast(int, width)) if sized else None
    return listed


def _annotation(
    entry: Any, labels: Mapping[Any, int], listed: Mapping[Any, Any]
) -> tuple[Any, list[float], Outline | None]:
    if not isinstance(entry, Mapping):
        raise DataError(f"is {str(entry)[:40]}. Expected bbox and category_id.")
    part = cast("Mapping[str, Any]", entry)
    image, label = part.get("image_id"), part.get("category_id")
    if not isinstance(image, (int, str)) or image not in listed:
        raise DataError(f"is of the image {str(image)[:40]}, which is not listed.")
    if not _whole(label) or label not in labels:
        raise DataError(f"is of the category {str(label)[:40]}, which is not listed.")
    crowd = part.get("iscrowd", 0) in (1, True)
    outline = _outline(part.get("segmentation"), labels[label], crowd)
    box = part.get("bbox")
    if box is None and outline is not None and outline.polygons:
        points = np.concatenate(outline.polygons)
        low, high = points.min(0), points.max(0)
        sides = [float(low[0]), float(low[1]), float(high[0] - low[0]), float(high[1] - low[1])]
    else:
        sides = _numbers(box)
    if sides is None or len(sides) != 4:
        raise DataError(f"has the bbox {str(box)[:40]}. Expected x, y, width and height.")
    x, y, width, height = sides
    area = part.get("area")
    area_pixels = _number(area)
    if area_pixels is None:
        area_pixels = area_of(outline.polygons) if outline is not None and outline.polygons else abs(width * height)
    return image, [x, y, x + width, y + height, float(labels[label]), float(crowd), area_pixels], outline


def _outline(found: Any, label: int, crowd: bool) -> Outline | None:
    """Parses polygons of x, y, x, y, ... or run lengths; None without an outline."""
    if isinstance(found, Mapping) and "counts" in found:
        return Outline(label, rle=cast("Mapping[str, Any]", found), crowd=crowd)
    if not isinstance(found, list) or not found:
        return None
    polygons: list[np.ndarray] = []
    for flat in cast("list[Any]", found):
        numbers = _numbers(flat)
        if numbers is None or len(numbers) % 2:
            raise DataError(f"has the segmentation {str(flat)[:40]}. Expected pairs of x and y.")
        if len(numbers) >= 6:
            polygons.append(np.array(numbers, np.float64).reshape(-1, 2))
    return Outline(label, tuple(polygons), crowd=crowd) if polygons else None


def _numbers(found: Any) -> list[float] | None:
    if not isinstance(found, list):
        return None
    numbers = [_number(entry) for entry in cast("list[Any]", found)]
    return None if None in numbers else cast("list[float]", numbers)


def _number(found: Any) -> float | None:
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    try:
        return float(found) if math.isfinite(found) else None
    except OverflowError:
        return None


def _whole(found: Any) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)
