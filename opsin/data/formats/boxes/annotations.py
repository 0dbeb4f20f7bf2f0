"""From what annotation files say of images to a Table of boxes, of classes by pixel, or of objects by their pixels."""

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

_START_BYTES = 1 << 15
_WHOLE = 0.02
"""Nearer to a whole number, in pixels, files round."""
_MOST_MASK_CLASSES = MOST_CLASSES_IN_MASK - 1


@dataclass(frozen=True, eq=False)
class ImageAnnotations:
    """What annotation files say of one image, by its path.

    `boxes` (k, 7) are as BOX_COLUMNS, in pixels of an image of `size` (height, width) when the file gives one, or in
    shares of the image's sides when `relative`; `outlines` likewise.
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
    """A row for each image that can be opened, for BOXES, MASKS or INSTANCES; notes on what had to be mended.

    Raises DataError when nothing is left to learn.
    """
    there, sizes, said = _sized(files, sorted(images, key=lambda one: one.id))
    if not there:
        raise DataError(f"{origin}: none of the images can be opened; {'; '.join([*notes, *said]) or 'there are none'}")
    target = Target(BOXES, tuple(names))
    lines = [*notes, *said]
    splits, groups = [one.split for one in there], [one.group for one in there]
    if kind is not BOXES:
        return _outlined(files, there, sizes, names, origin, kind, lines)
    boxes, owner, mended = _boxes(there, sizes, names)
    if not len(boxes):
        raise DataError(f"{origin}: no box is left; {'; '.join([*lines, *mended]) or 'every image is without'}")
    ends = np.searchsorted(owner, np.arange(len(there) + 1))
    values = boxes.tolist()
    targets = [values[start:end] for start, end in pairwise(ends.tolist())]
    rows = make_rows([one.id for one in there], targets, kind=BOXES, groups=groups, splits=splits)
    empty = sum(not one for one in targets)
    background = [f"{count(empty, 'image')} without a box: background"] if empty else []
    tally = f"{count(len(boxes), 'box')} in {count(there, 'image')}"
    return Table(rows, files, target, origin, (*lines, *mended, *background, tally))


def area_of(polygons: Iterable[np.ndarray]) -> float:
    """The area within polygons, each (m, 2), that do not overlap, in their own units squared."""
    total = 0.0
    for points in polygons:
        x, y = points[:, 0], points[:, 1]
        total += abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    return total


def _sized(
    files: FileImages, images: Sequence[ImageAnnotations]
) -> tuple[list[ImageAnnotations], list[tuple[int, int]], list[str]]:
    """The images that can be opened, in their own pixels, with their sizes."""
    there: list[ImageAnnotations] = []
    sizes: list[tuple[int, int]] = []
    broken: list[str] = []
    scaled: list[str] = []
    odd: list[str] = []
    traced = 0
    for one in images:
        try:
            size = _size(files, one.id)
        except DataError as error:
            broken.append(f"{one.id} {error}".rstrip("."))
            continue
        down = across = 1.0
        if one.relative:
            down, across = size
        elif one.size is not None and one.size != size:
            down, across = size[0] / one.size[0], size[1] / one.size[1]
            if abs(down / across - 1) > 0.02:
                odd.append(one.id)
                down = across = 1.0
            else:
                scaled.append(one.id)
        one = one if down == across == 1.0 else _scaled(one, down, across)
        if one.relative and _traced(one):
            traced += 1
            one = replace(one, boxes=np.add(one.boxes, [0, 0, 1, 1, 0, 0, 0]))
        there.append(one)
        sizes.append(size)
    notes: list[str] = []
    if broken:
        notes.append(f"{count(broken, 'image')} left out that cannot be opened: {some(broken)}")
    if scaled:
        notes.append(f"{count(scaled, 'image')} of another size than annotated, boxes scaled with them: {some(scaled)}")
    if odd:
        notes.append(
            f"{count(odd, 'image')} of another shape than annotated, boxes taken in the image's own pixels: {some(odd)}"
        )
    if traced:
        notes.append(f"outlines of {count(traced, 'image')} run from pixel to pixel: boxes end behind the last of them")
    return there, sizes, notes


def _traced(one: ImageAnnotations) -> bool:
    """Whether every outline was traced through the middles of pixels, as OpenCV does, and so leaves the last one out.

    All corners then are whole numbers of pixels.
    """
    points = [points for line in one.outlines for points in line.polygons]
    if not points or len(points) != len(one.boxes):
        return False
    corners = np.concatenate(points)
    return bool(np.abs(corners - corners.round()).max() < _WHOLE)


def _size(files: FileImages, id: str) -> tuple[int, int]:
    """Height and width of an image, mostly from the start of its file."""
    try:
        return header(files.start(id, _START_BYTES))[:2]
    except DataError:
        return header(files.read(id))[:2]


def _scaled(one: ImageAnnotations, down: float, across: float) -> ImageAnnotations:
    boxes = one.boxes * [across, down, across, down, 1, 1, down * across]
    match = np.array([across, down])
    outlines = tuple(replace(line, polygons=tuple(points * match for points in line.polygons)) for line in one.outlines)
    return replace(one, boxes=boxes, outlines=outlines)


def _boxes(
    images: Sequence[ImageAnnotations], sizes: Sequence[tuple[int, int]], names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    every = np.concatenate([one.boxes.reshape(-1, len(BOX_COLUMNS)) for one in images])
    owner = np.repeat(np.arange(len(images)), [len(one.boxes) for one in images])
    labels = every[:, 4].astype(int).tolist()

    def name(place: int) -> str:
        return f"{names[labels[place]]} in {images[owner[place]].id}"

    return clean_boxes(every, owner, np.array(sizes, np.float64).reshape(-1, 2), name)


def _outlined(
    files: FileImages,
    images: Sequence[ImageAnnotations],
    sizes: Sequence[tuple[int, int]],
    names: Sequence[str],
    origin: str,
    kind: TargetKind,
    notes: list[str],
) -> Table:
    """Classes by pixel, the background first, or objects by their pixels."""
    objects = sum(len(one.outlines) for one in images)
    if not objects:
        raise DataError(
            f"{origin}: no outline of an object is there. Expected polygons or run lengths, or task detect."
        )
    lost = sum(len(one.boxes) for one in images) - objects
    if lost > 0:
        notes = [*notes, f"{count(lost, 'object')} without an outline left out"]
    most = _MOST_MASK_CLASSES if kind is MASKS else MOST_CLASSES_IN_MASK
    if len(names) > most:
        raise DataError(f"{origin}: {len(names)} classes. Expected at most {most}.")
    where = {one.id: size for one, size in zip(images, sizes, strict=True)}
    outlines = {one.id: one.outlines for one in images}
    rows = make_rows(
        where,
        where,
        kind=kind,
        groups=[one.group for one in images],
        splits=[one.split for one in images],
    )
    target = Target(kind, ("background", *names) if kind is MASKS else tuple(names))
    masks = OutlineMasks(outlines, where.__getitem__, kind)
    tally = f"{count(objects, 'object')} in {count(images, 'image')}"
    return Table(rows, files, target, origin, (*notes, tally), masks=masks)
