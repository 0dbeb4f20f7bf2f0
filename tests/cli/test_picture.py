import os
import re
import sys

import numpy as np
import pytest
from PIL import Image

from opsin.cli import picture as module
from opsin.cli.picture import probability_bars, render_image, supports_images
from opsin.data import Intensity

CELL = re.compile(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m▀")


def colours(text):
    """The pixels that a terminal would show: two for each half block."""
    rows = []
    for line in text.splitlines():
        cells = np.array([[int(value) for value in cell] for cell in CELL.findall(line)])
        rows += [cells[:, :3], cells[:, 3:]]
    return np.array(rows)


@pytest.fixture
def terminal(monkeypatch):
    def size(columns, lines):
        monkeypatch.setattr(module.shutil, "get_terminal_size", lambda: os.terminal_size((columns, lines)))

    return size


def test_an_image_that_fits_is_shown_pixel_by_pixel(tmp_path, terminal):
    terminal(8, 100)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(colours(render_image(tmp_path / "a.png")), pixels)


def test_deep_images_are_shown_on_the_scale_of_the_model(tmp_path, terminal):
    terminal(8, 100)
    Image.fromarray(np.full((6, 8), 500, np.float32)).save(tmp_path / "a.tif")
    assert (colours(render_image(tmp_path / "a.tif", Intensity(4095))) == 31).all()


@pytest.mark.parametrize(("height", "width"), [(500, 300), (3, 1000), (1000, 3), (1, 1)])
@pytest.mark.parametrize("columns", [20, 80, 300])
def test_a_picture_stays_within_the_terminal(tmp_path, terminal, height, width, columns):
    terminal(columns, 24)
    Image.new("L", (width, height), 77).save(tmp_path / "a.png")
    shown = colours(render_image(tmp_path / "a.png"))
    assert shown.shape[1] <= min(columns, 64)
    assert shown.shape[0] <= 2 * 20
    assert (shown == 77).all()


def test_bars_are_as_long_as_the_probability_and_sorted():
    row = {"path": "a.png", "label": "dog", "p_cat": 0.25, "p_dog": 0.75, "error": None}
    dog, cat = probability_bars(("cat", "dog"), row)
    assert dog.startswith("dog") and dog.endswith("75.0%")
    assert cat.startswith("cat") and cat.endswith("25.0%")
    assert len(re.findall("[█#]", dog)) == 18
    assert len(re.findall("[█#]", cat)) == 6


def test_numbers_are_shown_as_numbers():
    assert probability_bars(("cells",), {"path": "a.png", "cells": 171.238, "error": None}) == ["cells  171.2"]


@pytest.mark.parametrize(
    ("terminal", "environment", "expected"),
    [
        (True, {"TERM": "xterm"}, True),
        (False, {"TERM": "xterm"}, False),
        (True, {"TERM": "dumb"}, False),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
    ],
)
def test_pictures_only_on_a_terminal_with_colours(monkeypatch, terminal, environment, expected):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert supports_images() is expected
