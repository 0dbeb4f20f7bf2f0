"""Conversion of annotations to pixels of the upright image: relative, of another size, or without EXIF."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from opsin.core import DataError
from opsin.geometry import BOX_COLUMNS

from ...images import FileImages
from ..exif import ImageSize, read_size, upright_boxes, upright_points
from ..scan import count, some
from .outlines import Outline

_INTEGER_TOLERANCE = 0.02
"""Tolerance in pixels for coordinates that a file rounded from integers."""
_MOST_DRAWN_CORNERS = 8
_ASPECT_TOLERANCE = 0.02
_MOST_RELATIVE = 1.1
"""Relative coordinates exceed 1 by at most this, where a box is cut by the border."""


@dataclass(frozen=True, eq=False)
class ImageAnnotations:
    """The parsed annotations of one image.

    Attributes:
        id: Path of the image within the folder.
        boxes: (k, 7) of BOX_COLUMNS, in pixels, or relative to the height and width of the image.
        outlines: Outlines in the same unit as `boxes`.
        split: The split, None when it is not given.
        group: The group, None when it is not given.
        size: Height and width that the annotations refer to, None when the file does not state it.
        relative: True when coordinates are relative to the height and width of the image.
        traced: True when the boxes are computed from the outlines.
    """

    id: str
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, len(BOX_COLUMNS))))
    outlines: tuple[Outline, ...] = ()
    split: str | None = None
    group: str | None = None
    size: tuple[int, int] | None = None
    relative: bool = False
    traced: bool = False


def are_relative(coordinates: np.ndarray) -> bool:
    """Returns True when coordinates are relative to the image size: all up to 1, and not all integers.

    Args:
        coordinates: All coordinates of a file, of any shape.
    """
    return bool(coordinates.size and np.abs(coordinates).max() <= _MOST_RELATIVE and (coordinates % 1).any())


def place(
    files: FileImages, images: Sequence[ImageAnnotations]
) -> tuple[list[ImageAnnotations], list[tuple[int, int]], list[str]]:
    """Converts annotations to pixels of the upright image.

    Args:
        files: The images.
        images: Their annotations.

    Returns:
        The images that can be opened; their heights and widths; notes on what was left out or converted.
    """
    opened: list[tuple[ImageAnnotations, ImageSize]] = []
    broken: list[str] = []
    for image in images:
        try:
            opened.append((image, read_size(files, image.id)))
        except DataError as error:
            broken.append(f"{image.id} {error}".rstrip("."))
    notes = _note(broken, "left out, as they cannot be opened")
    stored, exif_notes = _drawn_on_stored(opened)
    found: list[ImageAnnotations] = []
    scaled: list[str] = []
    distorted: list[str] = []
    joined = 0
    for image, size in opened:
        on_stored = image.id in stored
        placed, fits = _in_pixels(image, size.stored if on_stored else size.upright)
        if placed is None:
            distorted.append(image.id)
            placed = image
        elif not fits:
            scaled.append(image.id)
        if image.relative and image.traced and _joins_pixel_centres(placed):
            joined += 1
            placed = replace(placed, boxes=np.add(placed.boxes, [0, 0, 1, 1, 0, 0, 0]))
        found.append(_upright(placed, size) if on_stored else placed)
    notes += _note(scaled, "of another size than annotated, boxes scaled accordingly")
    notes += _note(distorted, "of another aspect ratio than annotated, boxes read in pixels of the image")
    notes += exif_notes
    if joined:
        notes.append(
            f"outlines of {count(joined, 'image')} join pixel centres: boxes extended to include the last pixel"
        )
    return found, [size.upright for _, size in opened], notes


def _note(ids: list[str], action: str) -> list[str]:
    return [f"{count(ids, 'image')} {action}: {some(ids)}"] if ids else []


def _drawn_on_stored(opened: Sequence[tuple[ImageAnnotations, ImageSize]]) -> tuple[set[str], list[str]]:
    """Returns the images whose boxes were drawn without the EXIF orientation, and notes.

    Sizes in the file, or boxes that fit one of the two sizes only, show it. Where they do not (half turns, squares,
    no size), the images where they do decide, when these agree.
    """
    rotated = [(image, size) for image, size in opened if size.orientation != 1 and len(image.boxes)]
    votes = {image.id: _fits_stored(image, size) for image, size in rotated}
    shown = set(votes.values()) - {None}
    unclear = [id for id, vote in votes.items() if vote is None]
    stored = {id for id, vote in votes.items() if vote}
    notes: list[str] = []
    if shown == {True}:
        stored |= set(unclear)
    elif unclear and shown != {False}:
        notes += _note(sorted(unclear), "rotated by EXIF, boxes read on the upright image (no size shows another)")
    notes += _note(sorted(stored), "annotated before EXIF rotated them, boxes rotated accordingly")
    return stored, notes


def _fits_stored(image: ImageAnnotations, size: ImageSize) -> bool | None:
    """Returns True when annotations fit the stored size only, False when they fit the upright only, None if unclear."""
    if size.stored == size.upright:
        return None
    if image.size is not None:
        stored, upright = (_scales(image.size, one) is not None for one in (size.stored, size.upright))
    elif not image.relative:
        reach = image.boxes[:, :4].max(axis=0)
        extent = max(reach[1], reach[3]) - 1, max(reach[0], reach[2]) - 1
        stored, upright = (bool(extent[0] <= h and extent[1] <= w) for h, w in (size.stored, size.upright))
    else:
        return None
    return None if stored == upright else stored


def _scales(given: tuple[int, int], size: tuple[int, int]) -> tuple[float, float] | None:
    """Returns the factors of height and width from one size to another; None when the aspect ratios differ."""
    factors = size[0] / given[0], size[1] / given[1]
    return None if abs(factors[0] / factors[1] - 1) > _ASPECT_TOLERANCE else factors


def _in_pixels(image: ImageAnnotations, size: tuple[int, int]) -> tuple[ImageAnnotations | None, bool]:
    """Returns annotations in pixels of an image of this size (None: other aspect ratio), and True without resizing."""
    if image.relative:
        return _scaled(image, *size), True
    if image.size is None or image.size == size:
        return image, True
    factors = _scales(image.size, size)
    return (None if factors is None else _scaled(image, *factors)), False


def _scaled(image: ImageAnnotations, scale_y: float, scale_x: float) -> ImageAnnotations:
    boxes = image.boxes * [scale_x, scale_y, scale_x, scale_y, 1, 1, scale_y * scale_x]
    scale = np.array([scale_x, scale_y])
    outlines = tuple(
        replace(outline, polygons=tuple(points * scale for points in outline.polygons)) for outline in image.outlines
    )
    return replace(image, boxes=boxes, outlines=outlines)


def _upright(image: ImageAnnotations, size: ImageSize) -> ImageAnnotations:
    outlines = tuple(
        replace(
            outline,
            polygons=tuple(upright_points(points, size) for points in outline.polygons),
            orientation=size.orientation,
        )
        for outline in image.outlines
    )
    return replace(image, boxes=upright_boxes(image.boxes, size), outlines=outlines)


def _joins_pixel_centres(image: ImageAnnotations) -> bool:
    """Returns True when all outlines join pixel centres, as OpenCV traces them, so that boxes exclude the last pixel.

    All corners are integers then, and outlines have more corners than people or oriented boxes give them.
    """
    points = [points for outline in image.outlines for points in outline.polygons]
    if len(points) != len(image.boxes) or max(map(len, points), default=0) <= _MOST_DRAWN_CORNERS:
        return False
    corners = np.concatenate(points)
    return bool(np.abs(corners - corners.round()).max() < _INTEGER_TOLERANCE)
