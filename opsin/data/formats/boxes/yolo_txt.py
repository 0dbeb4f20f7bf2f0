"""One label file of YOLO: a line an object, its class and its box or its outline as shares of the image's sides."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError

from .annotations import area_of
from .outlines import Outline

MOST_BYTES = 1 << 24
_BOX, _BOX_AND_CONFIDENCE = 5, 6
_FARTHEST = 2.0
"""Corners may stand out of the image, but not by more than its side: those are pixels."""


@dataclass(frozen=True, eq=False)
class LabelFile:
    """Boxes (k, 7) of BOX_COLUMNS and outlines, as shares of the image's sides."""

    boxes: np.ndarray
    outlines: tuple[Outline, ...]


def parse_label_file(text: str, classes: Mapping[int, int]) -> LabelFile:
    """The objects in a label file; `classes` says the class index of each id. DataError, with the line, when broken.

    "id x y width height" is a box by its centre (a sixth number, the confidence, is passed over); "id x y x y x y ..."
    an outline, whose box is the one around it.

    >>> parse_label_file("0 .5 .5 .2 .4", {0: 0}).boxes[0, :4].round(2).tolist()
    [0.4, 0.3, 0.6, 0.7]
    """
    boxes: list[list[float]] = []
    outlines: list[Outline] = []
    for place, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        numbers = _numbers(words, place)
        id = int(numbers[0])
        if id != numbers[0] or id not in classes:
            raise DataError(f"line {place} has the class {words[0][:20]}, which the names do not have")
        label = classes[id]
        if len(words) in (_BOX, _BOX_AND_CONFIDENCE):
            x, y, width, height = numbers[1:5]
            boxes.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2, label, 0, abs(width * height)])
        elif len(words) >= 7 and len(words) % 2:
            points = np.array(numbers[1:], np.float64).reshape(-1, 2)
            boxes.append([*points.min(0).tolist(), *points.max(0).tolist(), label, 0, area_of([points])])
            outlines.append(Outline(label, (points,)))
        else:
            raise DataError(
                f"line {place} has {len(words)} numbers. Expected a class with a box (5), or an outline (7, 9, ...)."
            )
    return LabelFile(np.array(boxes, np.float64).reshape(-1, 7), tuple(outlines))


def _numbers(words: list[str], place: int) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        raise DataError(f"line {place} is {' '.join(words)[:40]!r}. Expected numbers.") from None
    if not all(map(math.isfinite, numbers)):
        raise DataError(f"line {place} has a value that is no number. Expected shares of the image's sides.")
    farthest = max(map(abs, numbers[1:]), default=0.0)
    if farthest > _FARTHEST:
        raise DataError(
            f"line {place} has {farthest:g}. Expected shares of the image's sides, from 0 to 1, not pixels."
        )
    return numbers
