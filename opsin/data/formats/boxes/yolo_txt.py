"""Parser of YOLO label files: per line a class and a box, an outline or keypoints, relative to the image size."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError

from .annotations import area_of
from .outlines import Outline

MOST_BYTES = 1 << 24
_BOX, _BOX_AND_CONFIDENCE = 5, 6
_VISIBLE = (0, 1, 2)
_MAX_COORDINATE = 2.0
"""Limit of relative coordinates; larger values are pixels."""


@dataclass(frozen=True, eq=False)
class LabelFile:
    """Boxes (k, 7) of BOX_COLUMNS and outlines, relative to the image size."""

    boxes: np.ndarray
    outlines: tuple[Outline, ...]


@dataclass(frozen=True)
class Layout:
    """The numbers of a line beyond class and box.

    Attributes:
        keypoints: Numbers of the keypoints after the box; 0 where longer lines are outlines.
        confidence: True when outlines end with a confidence.
    """

    keypoints: int = 0
    confidence: bool = False


Rows = list[tuple[int, np.ndarray]]
"""Line number and numbers of each line."""


def parse_rows(text: str) -> Rows:
    """Parses the numbers of a label file.

    Args:
        text: Content of the file.

    Returns:
        Its lines.

    Raises:
        DataError: A line holds something else; the message names it.
    """
    rows: Rows = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = line.split()
        if fields:
            try:
                rows.append((number, np.array(fields, np.float64)))
            except ValueError:
                raise DataError(f"line {number} is {' '.join(fields)[:40]!r}. Expected numbers.") from None
    return rows


def recognise_layout(rows: Iterable[np.ndarray], keypoint_shape: Sequence[int] | None = None) -> Layout:
    """Recognises keypoints and confidences by the lines of all label files.

    Lines are keypoints when the data set says so, or when all long lines have a visibility of 0, 1 or 2 after each
    point; outlines end with a confidence when all lines have an even length.

    Args:
        rows: The lines of all files.
        keypoint_shape: Number of keypoints, and of the values of each, None when it is not given.

    Returns:
        The layout.
    """
    if keypoint_shape is not None:
        return Layout(math.prod(keypoint_shape))
    found = list(rows)
    lines = [row for row in found if len(row) > _BOX_AND_CONFIDENCE]
    lengths = {len(row) for row in lines}
    if len(lengths) == 1 and (length := lengths.pop()) >= 8 and (length - _BOX) % 3 == 0:
        visibility = np.stack(lines)[:, _BOX + 2 :: 3]
        if np.isin(visibility, _VISIBLE).all():
            return Layout(length - _BOX)
    return Layout(confidence=bool(lines) and all(len(row) % 2 == 0 and 0 <= row[-1] <= 1 for row in found))


def parse_label_file(rows: Rows, classes: Mapping[int, int], layout: Layout) -> LabelFile:
    """Converts the lines of a label file.

    "id x y width height" is a box by its centre (a sixth number, the confidence, is ignored); "id x y x y x y ..." is
    an outline, with its bounding box; after a box there may be keypoints, which are ignored.

    Args:
        rows: The lines.
        classes: Class index of each id.
        layout: Meaning of longer lines.

    Returns:
        The objects.

    Raises:
        DataError: A line is invalid; the message names it.

    Examples:
        >>> parse_label_file(parse_rows("0 .5 .5 .2 .4"), {0: 0}, Layout()).boxes[0, :4].round(2).tolist()
        [0.4, 0.3, 0.6, 0.7]
    """
    boxes: list[list[float]] = []
    outlines: list[Outline] = []
    for number, values in rows:
        _check(values, number)
        length = len(values)
        id = values[0]
        if id not in classes:
            raise DataError(f"line {number} has the class {id:g}, which has no name.")
        label = classes[int(id)]
        if length in (_BOX, _BOX_AND_CONFIDENCE) or (
            layout.keypoints and length - layout.keypoints in (_BOX, _BOX_AND_CONFIDENCE)
        ):
            x, y, width, height = values[1:5].tolist()
            boxes.append([x - width / 2, y - height / 2, x + width / 2, y + height / 2, label, 0, abs(width * height)])
        elif length >= 7 and not layout.keypoints and (length - layout.confidence) % 2:
            points = values[1 : length - layout.confidence].reshape(-1, 2)
            boxes.append([*points.min(0).tolist(), *points.max(0).tolist(), label, 0, area_of([points])])
            outlines.append(Outline(label, (points,)))
        else:
            more = f"keypoints ({_BOX + layout.keypoints})" if layout.keypoints else "an outline (7, 9, ...)"
            raise DataError(f"line {number} has {length} numbers. Expected a class with a box (5), or {more}.")
    return LabelFile(np.array(boxes, np.float64).reshape(-1, 7), tuple(outlines))


def _check(values: np.ndarray, number: int) -> None:
    if not np.isfinite(values).all():
        raise DataError(
            f"line {number} has a value that is not finite. Expected coordinates relative to the image size."
        )
    largest = float(np.abs(values[1:]).max(initial=0.0))
    if largest > _MAX_COORDINATE:
        raise DataError(
            f"line {number} has {largest:g}. Expected coordinates relative to the image size, from 0 to 1, not pixels."
        )
