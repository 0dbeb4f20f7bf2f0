"""Conversion of parsed annotations to a Table of boxes, class masks or instance masks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from opsin.core import DataError
from opsin.geometry import BOX_COLUMNS
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from ...decode import header
from ...images import FileImages
from ...table import Table, make_rows
from ...targets import BOXES, MASKS, Target, TargetKind
from ..scan import count, some
from .box_cleaning import clean_boxes
from .outlines import Outline, OutlineMasks

_HEADER_BYTES = 1 << 15
_INTEGER_TOLERANCE = 0.02
"""Tolerance in pixels for coordinates that a file rounded from integers."""
_MOST_MASK_CLASSES = MOST_CLASSES_IN_MASK - 1


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
    """

    id: str
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, len(BOX_COLUMNS))))
    outlines: tuple[Outline, ...] = ()
    split: str | None = None
    group: str | None = None
    size: tuple[int, int] | None = None
    relative: bool = False


def annotated_table(
    files: FileImages,
    images: Iterable[ImageAnnotations],
    names: Sequence[str],
    origin: str,
    kind: TargetKind,
    notes: Iterable[str],
) -> Table:
    """Builds a table with a row for each image that can be opened; notes say what was corrected or left out.

    Args:
        files: The images.
        images: Their annotations.
        names: Names of the classes.
        origin: Name of the data set in messages.
        kind: Boxes, masks or instances.
        notes: Further notes for the table.

    Returns:
        The table.

    Raises:
        DataError: No image can be opened, or no box or outline is left.
    """
    found, sizes, messages = _sized(files, sorted(images, key=lambda image: image.id))
    if not found:
        raise DataError(
            f"{origin}: none of the images can be opened; {'; '.join([*notes, *messages]) or 'there are none'}"
        )
    target = Target(BOXES, tuple(names))
    lines = [*notes, *messages]
    splits, groups = [image.split for image in found], [image.group for image in found]
    if kind is not BOXES:
        return _outlined(files, found, sizes, names, origin, kind, lines)
    boxes, owner, corrections = _boxes(found, sizes, names)
    if not len(boxes):
        raise DataError(f"{origin}: no box is left; {'; '.join([*lines, *corrections]) or 'every image is without'}")
    ends = np.searchsorted(owner, np.arange(len(found) + 1))
    values = boxes.tolist()
    targets = [values[start:end] for start, end in pairwise(ends.tolist())]
    rows = make_rows([image.id for image in found], targets, kind=BOXES, groups=groups, splits=splits)
    empty = sum(not image_boxes for image_boxes in targets)
    background = [f"{count(empty, 'image')} without a box: background"] if empty else []
    tally = f"{count(len(boxes), 'box')} in {count(found, 'image')}"
    return Table(rows, files, target, origin, (*lines, *corrections, *background, tally))


def area_of(polygons: Iterable[np.ndarray]) -> float:
    """Returns the total area of polygons that do not overlap.

    Args:
        polygons: Corners (m, 2) of x and y of each polygon.

    Returns:
        The area in squared units of the coordinates.
    """
    total = 0.0
    for points in polygons:
        x, y = points[:, 0], points[:, 1]
        total += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return total


def _sized(
    files: FileImages, images: Sequence[ImageAnnotations]
) -> tuple[list[ImageAnnotations], list[tuple[int, int]], list[str]]:
    """Returns the images that can be opened, with annotations in their pixels, their sizes, and notes."""
    found: list[ImageAnnotations] = []
    sizes: list[tuple[int, int]] = []
    broken: list[str] = []
    scaled: list[str] = []
    distorted: list[str] = []
    joined = 0
    for image in images:
        try:
            size = _size(files, image.id)
        except DataError as error:
            broken.append(f"{image.id} {error}".rstrip("."))
            continue
        scale_y = scale_x = 1.0
        if image.relative:
            scale_y, scale_x = size
        elif image.size is not None and image.size != size:
            scale_y, scale_x = size[0] / image.size[0], size[1] / image.size[1]
            if abs(scale_y / scale_x - 1) > 0.02:
                distorted.append(image.id)
                scale_y = scale_x = 1.0
            else:
                scaled.append(image.id)
        image = image if scale_y == scale_x == 1.0 else _scaled(image, scale_y, scale_x)
        if image.relative and _joins_pixel_centres(image):
            joined += 1
            image = replace(image, boxes=np.add(image.boxes, [0, 0, 1, 1, 0, 0, 0]))
        found.append(image)
        sizes.append(size)
    notes: list[str] = []
    if broken:
        notes.append(f"{count(broken, 'image')} left out, as they cannot be opened: {some(broken)}")
    if scaled:
        notes.append(
            f"{count(scaled, 'image')} of another size than annotated, boxes scaled accordingly: {some(scaled)}"
        )
    if distorted:
        notes.append(
            f"{count(distorted, 'image')} of another aspect ratio than annotated, boxes read in pixels of the image: "
            f"{some(distorted)}"
        )
    if joined:
        notes.append(
            f"outlines of {count(joined, 'image')} join pixel centres: boxes extended to include the last pixel"
        )
    return found, sizes, notes


def _joins_pixel_centres(image: ImageAnnotations) -> bool:
    """Returns True when all outlines join pixel centres, as OpenCV traces them, so that boxes exclude the last pixel.

    All corners are integers then.
    """
    points = [points for outline in image.outlines for points in outline.polygons]
    if not points or len(points) != len(image.boxes):
        return False
    corners = np.concatenate(points)
    return bool(np.abs(corners - corners.round()).max() < _INTEGER_TOLERANCE)


def _size(files: FileImages, id: str) -> tuple[int, int]:
    """Returns height and width of an image, usually from the start of its file."""
    try:
        return header(files.start(id, _HEADER_BYTES))[:2]
    except DataError:
        return header(files.read(id))[:2]


def _scaled(image: ImageAnnotations, scale_y: float, scale_x: float) -> ImageAnnotations:
    boxes = image.boxes * [scale_x, scale_y, scale_x, scale_y, 1, 1, scale_y * scale_x]
    scale = np.array([scale_x, scale_y])
    outlines = tuple(
        replace(outline, polygons=tuple(points * scale for points in outline.polygons)) for outline in image.outlines
    )
    return replace(image, boxes=boxes, outlines=outlines)


def _boxes(
    images: Sequence[ImageAnnotations], sizes: Sequence[tuple[int, int]], names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    rows = np.concatenate([image.boxes.reshape(-1, len(BOX_COLUMNS)) for image in images])
    owner = np.repeat(np.arange(len(images)), [len(image.boxes) for image in images])
    labels = rows[:, 4].astype(int).tolist()

    def name(index: int) -> str:
        return f"{names[labels[index]]} in {images[owner[index]].id}"

    return clean_boxes(rows, owner, np.array(sizes, np.float64).reshape(-1, 2), name)


def _outlined(
    files: FileImages,
    images: Sequence[ImageAnnotations],
    sizes: Sequence[tuple[int, int]],
    names: Sequence[str],
    origin: str,
    kind: TargetKind,
    notes: list[str],
) -> Table:
    """Builds a table of class masks, the background first, or of instance masks."""
    objects = sum(len(image.outlines) for image in images)
    if not objects:
        raise DataError(
            f"{origin}: no object has an outline. Expected polygons or run lengths. Fix: set the task to detect."
        )
    missing = sum(len(image.boxes) for image in images) - objects
    if missing > 0:
        notes = [*notes, f"{count(missing, 'object')} without an outline left out"]
    limit = _MOST_MASK_CLASSES if kind is MASKS else MOST_CLASSES_IN_MASK
    if len(names) > limit:
        raise DataError(f"{origin}: {len(names)} classes. Expected at most {limit}.")
    size_of = {image.id: size for image, size in zip(images, sizes, strict=True)}
    outlines = {image.id: image.outlines for image in images}
    rows = make_rows(
        size_of,
        size_of,
        kind=kind,
        groups=[image.group for image in images],
        splits=[image.split for image in images],
    )
    target = Target(kind, ("background", *names) if kind is MASKS else tuple(names))
    masks = OutlineMasks(outlines, size_of.__getitem__, kind)
    tally = f"{count(objects, 'object')} in {count(images, 'image')}"
    return Table(rows, files, target, origin, (*notes, tally), masks=masks)
