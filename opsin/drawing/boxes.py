"""Pictures of images with bounding boxes: true positives, false positives and missed objects."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from opsin.metrics.detection import find_errors

from .fonts import drawn_names, font_file, pillow_font
from .legend import Key, class_keys

CORRECT, FALSE, MISSED, UNKNOWN = (0, 158, 115), (213, 94, 0), (240, 228, 66), (86, 180, 233)
"""Colours that are safe for colour-blind readers (Okabe and Ito 2008)."""

CROWD = (200, 200, 200)
BOX_LEGEND = (
    Key("true positive", CORRECT),
    Key("false positive", FALSE),
    Key("missed object", MISSED, dashed=True),
    Key("crowd", CROWD, dashed=True),
)
"""Colours of `box_picture` with ground truth."""

_MIN_WIDTH = 320
_DARK = (0, 0, 0)
_DASH = 6

_Box: TypeAlias = tuple[float, float, float, float]
_Colour: TypeAlias = tuple[int, int, int]


def box_picture(
    pixels: np.ndarray, prediction: np.ndarray, target: Any, names: Sequence[str], thresholds: Sequence[float]
) -> np.ndarray:
    """Draws the boxes of an image, enlarged to a width of 320 pixels when it is smaller.

    True positives are green, false positives red, missed objects dashed yellow, crowds dashed grey; without ground
    truth all predictions are blue. Errors are always labelled with their class, true positives where there is room.

    Args:
        pixels: uint8 (height, width, 1 or 3).
        prediction: (k, 6) left, top, right, bottom in pixels, class index, score.
        target: (g, 7) ground-truth boxes; None when unknown.
        names: Class names.
        thresholds: Minimum score of each class.

    Returns:
        uint8 (height, width, 3).
    """
    image, scale = _enlarged(pixels)
    truth = np.zeros((0, 7), np.float32) if target is None else np.asarray(target)
    errors = find_errors(prediction, truth, thresholds)
    correct = errors.above_threshold if target is None else errors.true_positive
    names = drawn_names(names, "0123456789%?…")
    pen, labels = _Pen(image), list[tuple[_Box, _Colour, str, bool]]()
    for box in truth[truth[:, 5] != 0]:
        pen.dashes(_scaled(box, scale), CROWD)
    for chosen, colour, is_error in (
        (correct, UNKNOWN if target is None else CORRECT, False),
        (errors.false_positive & ~correct, FALSE, True),
    ):
        for box in prediction[chosen]:
            pen.box(_scaled(box, scale), colour)
            labels.append((_scaled(box, scale), colour, f"{names[int(box[4])]} {float(box[5]):.0%}", is_error))
    for box in truth[errors.missed]:
        pen.dashes(_scaled(box, scale), MISSED)
        labels.append((_scaled(box, scale), MISSED, f"{names[int(box[4])]}?", True))
    for box, colour, text, always in sorted(labels, key=lambda label: not label[3]):
        pen.label(box, colour, text, always)
    return np.asarray(image)


def ground_truth_picture(pixels: np.ndarray, target: Any, names: Sequence[str]) -> np.ndarray:
    """Draws the ground-truth boxes of an image in the colours of `class_keys`, crowds dashed grey.

    Args:
        pixels: uint8 (height, width, 1 or 3).
        target: (g, 7) ground-truth boxes.
        names: Class names.

    Returns:
        uint8 (height, width, 3), enlarged to a width of 320 pixels when it is smaller.
    """
    image, scale = _enlarged(pixels)
    boxes, keys, pen = np.asarray(target), class_keys(names), _Pen(image)
    for box in boxes[boxes[:, 5] != 0]:
        pen.dashes(_scaled(box, scale), CROWD)
    objects = boxes[boxes[:, 5] == 0]
    for box in objects:
        pen.box(_scaled(box, scale), keys[int(box[4])].colour)
    for box in objects:
        pen.label(_scaled(box, scale), keys[int(box[4])].colour, names[int(box[4])], False)
    return np.asarray(image)


def _enlarged(pixels: np.ndarray) -> tuple[Image.Image, float]:
    """Returns an image in colour, enlarged to a width of 320 pixels when it is smaller, and the scale."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    scale = max(1.0, _MIN_WIDTH / image.width)
    size = round(image.width * scale), max(1, round(image.height * scale))
    return image.resize(size, Image.Resampling.BICUBIC), scale


def _scaled(box: np.ndarray, scale: float) -> _Box:
    left, top, right, bottom = (float(value) * scale for value in box[:4])
    return left, top, max(left, right), max(top, bottom)


class _Pen:
    """Draws boxes and labels on an image; every line has a dark edge, so that it shows on any background."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image)
        self._across = image.width
        self._width = max(2, round(max(image.size) / 250))
        self._size = max(11, round(max(image.size) / 40))
        self._labels: list[_Box] = []

    def box(self, box: _Box, colour: _Colour) -> None:
        left, top, right, bottom = box
        self._draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=_DARK)
        self._draw.rectangle(box, outline=colour, width=self._width)

    def dashes(self, box: _Box, colour: _Colour) -> None:
        left, top, right, bottom = box
        for x, y, length, across in (
            (left, top, right - left, True),
            (left, bottom, right - left, True),
            (left, top, bottom - top, False),
            (right, top, bottom - top, False),
        ):
            for start in np.arange(0, length, 2 * _DASH):
                end = min(length, start + _DASH)
                line = (x + start, y, x + end, y) if across else (x, y + start, x, y + end)
                self._draw.line(line, fill=_DARK, width=self._width + 2)
                self._draw.line(line, fill=colour, width=self._width)

    def label(self, box: _Box, colour: _Colour, text: str, always: bool) -> None:
        """Draws the text above the box, or inside it at the image's edge.

        Unless `always`, the text is left out where it is wider than the box or overlaps another label.
        """
        left, top, right, _ = box
        text = text if len(text) <= 24 else f"{text[:22]}…"
        font = pillow_font(self._size, None if text.isascii() else font_file(text))
        width, height = self._draw.textlength(text, font) + 4, float(self._size + 3)
        x = min(max(0.0, left), max(0.0, self._across - width))
        y = top - height if top >= height else max(0.0, top)
        label_box = (x, y, x + width, y + height)
        if not always and (width > right - left + 4 or any(_intersect(label_box, other) for other in self._labels)):
            return
        self._labels.append(label_box)
        self._draw.rectangle(label_box, fill=colour)
        self._draw.text((x + 2, y + 1), text, _DARK, font)


def _intersect(first: _Box, second: _Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]
