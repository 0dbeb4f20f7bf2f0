"""Names of classes in any alphabet are drawn as letters or numbers, never as empty boxes, and without warnings."""

import warnings

import numpy as np
import pytest

from opsin.drawing import Curve, Lines, Matrix
from opsin.drawing.boxes import box_picture
from opsin.drawing.fonts import drawn_names, font_file
from opsin.report.plots import draw_png

NAMES = (
    "猫",
    "$x_^$",
    "<b>bold<i>",
    'a,b"c',
    "tab\tname",
    "very " * 40 + "long",
    "قط",
    "🐱",
    "кот",
    "γάτα",
    "\u200b",
    "a\nb",
    "_x",
    "%",
    "\U000f1234",
)


def test_names_are_kept_where_a_font_has_them_and_numbered_elsewhere():
    drawn = drawn_names(NAMES)
    assert drawn[1:5] == ["$x_^$", "<b>bold<i>", 'a,b"c', "tab name"] and drawn[8:10] == ["кот", "γάτα"]
    assert drawn[11] == "a b" and drawn[-1] == "class 14" and drawn[10] == "class 10"
    assert drawn[0] in ("猫", "class 0") and (drawn[0] == "猫") == (font_file("猫") is not None)
    assert all(font_file(name) is not None for name in drawn)


@pytest.mark.parametrize("names", [NAMES[:12], NAMES])
def test_charts_with_any_names_raise_no_warning(names):
    side = len(names)
    curves = tuple(Curve(name, np.arange(3.0), np.arange(3.0)) for name in names)
    charts = (
        Matrix("猫 $x^$", "", np.eye(side, dtype=int), tuple(names), "row", "column"),
        Lines("$a_$", "", curves, "$x^", "猫"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for chart in charts:
            assert draw_png(chart)[:4] == b"\x89PNG"


def test_labels_of_boxes_in_any_alphabet():
    boxes = np.array([[5, 20, 60, 60, number, 0.9] for number in range(len(NAMES))], np.float32)
    picture = box_picture(np.zeros((80, 80, 3), np.uint8), boxes, None, NAMES, [0.5] * len(NAMES))
    assert picture.max() > 0
    for name in drawn_names(NAMES, "0123456789%?…"):
        assert font_file(f"{name} 90%") is not None  # one font draws the whole label
