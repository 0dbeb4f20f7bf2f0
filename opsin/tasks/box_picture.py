"""A picture of an image with its boxes: right, false, missed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .judging import judge

RIGHT, FALSE, MISSED, UNKNOWN = (0, 158, 115), (213, 94, 0), (240, 228, 66), (86, 180, 233)
"""Colours that people with any colour vision tell apart (Okabe and Ito 2008)."""

_LEAST_WIDTH = 320
_DARK = (0, 0, 0)
_DASH = 6

_Box = tuple[float, float, float, float]


def box_picture(
    pixels: np.ndarray, answer: np.ndarray, target: Any, names: Sequence[str], thresholds: Sequence[float]
) -> np.ndarray:
    """uint8 (height, width, 3) of `pixels` (h, w, 1 or 3), enlarged to 320 pixels across when smaller.

    Boxes told (k, 6) are green when right and red when false, true ones (g, 7) that were missed dashed yellow, crowds
    dashed grey; with `target` None those told are blue.
    """
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).convert("RGB")
    scale = max(1.0, _LEAST_WIDTH / image.width)
    image = image.resize((round(image.width * scale), max(1, round(image.height * scale))), Image.Resampling.BICUBIC)
    pen = _Pen(image)
    truth = np.zeros((0, 7), np.float32) if target is None else np.asarray(target)
    verdict = judge(answer, truth, thresholds)
    for box in truth[truth[:, 5] != 0]:
        pen.dashes(_scaled(box, scale), (200, 200, 200))
    for box, right, false in zip(answer, verdict.right, verdict.false, strict=True):
        if target is None and box[5] >= thresholds[int(box[4])]:
            pen.box(_scaled(box, scale), UNKNOWN, _label(names, box))
        elif target is not None and (right or false):
            pen.box(_scaled(box, scale), RIGHT if right else FALSE, _label(names, box), always=bool(false))
    for box in truth[verdict.missed]:
        pen.dashes(_scaled(box, scale), MISSED)
        pen.label(_scaled(box, scale), MISSED, f"{names[int(box[4])]}?", always=True)
    return np.asarray(image)


def _scaled(box: np.ndarray, scale: float) -> _Box:
    left, top, right, bottom = (float(value) * scale for value in box[:4])
    return left, top, max(left, right), max(top, bottom)


def _label(names: Sequence[str], box: np.ndarray) -> str:
    return f"{names[int(box[4])]} {float(box[5]):.0%}"


class _Pen:
    """Draws on an image; every line has a dark edge, so that it shows on any ground."""

    def __init__(self, image: Image.Image) -> None:
        self._draw = ImageDraw.Draw(image)
        self._size = image.size
        self._width = max(2, round(max(image.size) / 250))
        self._font = ImageFont.load_default(max(11, round(max(image.size) / 40)))

    def box(self, box: _Box, colour: tuple[int, int, int], text: str, *, always: bool = False) -> None:
        left, top, right, bottom = box
        self._draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=_DARK, width=self._width + 2)
        self._draw.rectangle(box, outline=colour, width=self._width)
        self.label(box, colour, text, always=always)

    def dashes(self, box: _Box, colour: tuple[int, int, int]) -> None:
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

    def label(self, box: _Box, colour: tuple[int, int, int], text: str, *, always: bool = False) -> None:
        """The text above the box or inside its upper edge; left out where the box is narrower, unless `always`."""
        left, top, right, _ = box
        text = text if len(text) <= 24 else f"{text[:22]}…"
        width, height = self._draw.textlength(text, self._font) + 4, float(getattr(self._font, "size", 11)) + 3
        if not always and width > right - left + 8:
            return
        x = min(max(0.0, left), max(0.0, self._size[0] - width))
        y = top - height if top >= height else top
        self._draw.rectangle((x, y, x + width, y + height), fill=colour)
        self._draw.text((x + 2, y + 1), text, _DARK, self._font)
