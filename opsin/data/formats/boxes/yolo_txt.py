"""Parser of one YOLO label file: per line a class and a box or an outline, relative to the image size."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError

from .annotations import area_of
from .outlines import Outline

MOST_BYTES = 1 << 24
_BOX, _BOX_AND_CONFIDENCE = 5, 6
_MAX_COORDINATE = 2.0
"""Limit of relative coordinates; larger values are pixels."""


@dataclass(frozen=True, eq=False)
class LabelFile:
    """Boxes (k, 7) of BOX_COLUMNS and outlines, relative to the image size."""

    boxes: np.ndarray
    outlines: tuple[Outline, ...]


def parse_label_file(text: str, classes: Mapping[int, int]) -> LabelFile:
    """Parses a label file.

    "id x y width height" is a box by its centre (a sixth number, the confidence, is ignored); "id x y x y x y ..." is
    an outline, with its bounding box.

    Args:
        text: Content of the file.
        classes: Class index of each id.

    Returns:
        The objects.

    Raises:
        DataError: A line is invalid; the message names it.

    Examples:
        >>> parse_label_file("0 .5 .5 .2 .4", {0: 0}).boxes[0, :4].round(2).tolist()
        [0.4, 0.3, 0.6, 0.7]
    """
    boxes: list[list[float]] = []
    outlines: list[Outline] = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if not fields:
            continue
        numbers = _numbers(fields, number)
        id = int(numbers[0])
        if id != numbers[0] or id not in classes:
            raise DataError(f"line {number} has the class {fields[0][:20]}, which has no name.")
        label = classes[id]
        if len(fields) in (_BOX, _BOX_AND_CONFIDENCE):
            x, y, width, height = numbers[1:5]
            boxes.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2, label, 0, abs(width * height)])
        elif len(fields) >= 7 and len(fields) % 2:
            points = np.array(numbers[1:], np.float64).reshape(-1, 2)
            boxes.append([*points.min(0).tolist(), *points.max(0).tolist(), label, 0, area_of([points])])
            outlines.append(Outline(label, (points,)))
        else:
            raise DataError(
                f"line {number} has {len(fields)} numbers. Expected a class with a box (5), or an outline (7, 9, ...)."
            )
    return LabelFile(np.array(boxes, np.float64).reshape(-1, 7), tuple(outlines))


def _numbers(fields: list[str], number: int) -> list[float]:
    try:
        numbers = [float(word) for word in fields]
    except ValueError:
        raise DataError(f"line {number} is {' '.join(fields)[:40]!r}. Expected numbers.") from None
    if not all(map(math.isfinite, numbers)):
        raise DataError(
            f"line {number} has a value that is not finite. Expected coordinates relative to the image size."
        )
    largest = max(map(abs, numbers[1:]), default=0.0)
    if largest > _MAX_COORDINATE:
        raise DataError(
            f"line {number} has {largest:g}. Expected coordinates relative to the image size, from 0 to 1, not pixels."
        )
    return numbers
