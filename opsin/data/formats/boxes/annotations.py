"""Conversion of parsed annotations to a Table of boxes, class masks or instance masks."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from opsin.core import DataError
from opsin.geometry import BOX_COLUMNS
from opsin.geometry.layout import MOST_CLASSES_IN_MASK

from ...images import FileImages
from ...table import Table, make_rows
from ...targets import BOXES, MASKS, Target, TargetKind
from ..scan import count
from .box_cleaning import clean_boxes
from .outlines import OutlineMasks
from .placing import ImageAnnotations, place

_MOST_MASK_CLASSES = MOST_CLASSES_IN_MASK - 1


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
    found, sizes, messages = place(files, sorted(images, key=lambda image: image.id))
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
    _check_learnable(boxes[:, 5], origin)
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


def _check_learnable(crowds: Iterable[float], origin: str) -> None:
    """Raises DataError when all objects are crowds."""
    flags = [bool(crowd) for crowd in crowds]
    if all(flags):
        raise DataError(
            f"{origin}: every object ({len(flags)} of {len(flags)}) is a crowd or difficult, nothing to learn: "
            "they are neither trained on nor scored. Expected single objects. Fix: set iscrowd or difficult to 0."
        )


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
    _check_learnable([outline.crowd for image in images for outline in image.outlines], origin)
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
