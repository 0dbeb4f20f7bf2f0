import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from opsin.core import DataError
from opsin.data import ImagePreprocessing, Intensity, letterbox, letterbox_images, preprocessing_from_json
from opsin.data.store.image_preprocessing import letterbox_into

SIDES = st.integers(1, 70)
CHANNELS = st.sampled_from([1, 3])


@given(SIDES, SIDES, CHANNELS, SIDES, SIDES, CHANNELS, st.integers(0, 255))
def test_fit_gives_the_size_and_keeps_one_colour(height, width, channels, to_height, to_width, to_channels, value):
    image = np.full((height, width, channels), value, np.uint8)
    got = letterbox(image, (to_height, to_width, to_channels))
    assert got.shape == (to_height, to_width, to_channels) and got.dtype == np.uint8
    assert (got == value).all()  # neither resizing nor filling invents a colour


@given(SIDES, SIDES, st.integers(8, 64), st.integers(8, 64))
def test_the_aspect_ratio_is_kept(height, width, to_height, to_width):
    """What is not the image, scaled alike in both directions, is filled with one colour."""
    scale = min(to_height / height, to_width / width)
    image = np.zeros((height, width, 1), np.uint8)
    image[0] = image[-1] = image[:, 0] = image[:, -1] = 200
    got = letterbox(image, (to_height, to_width, 1))
    inner_height, inner_width = max(1, round(height * scale)), max(1, round(width * scale))
    assert inner_height in (to_height, 1) or inner_width in (to_width, 1) or (height, width) == (to_height, to_width)
    top, left = (to_height - inner_height) // 2, (to_width - inner_width) // 2
    outside = np.ones((to_height, to_width), bool)
    outside[top : top + inner_height, left : left + inner_width] = False
    filled = got[outside]
    assert len(filled) == to_height * to_width - inner_height * inner_width
    assert len(np.unique(filled)) <= 1


@pytest.mark.parametrize(
    ("before", "after"), [((60, 60), (20, 20)), ((80, 80), (64, 64)), ((9, 40), (9, 40)), ((7, 5), (70, 50))]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_resizing_is_pillows_with_antialiasing_but_for_rounding(before, after, channels):
    image = np.random.default_rng(0).integers(0, 256, (*before, channels), np.uint8)
    picture = Image.fromarray(image[:, :, 0] if channels == 1 else image)
    expected = np.asarray(picture.resize(after[::-1], Image.Resampling.BICUBIC)).reshape(*after, channels)
    off = np.abs(letterbox(image, (*after, channels)).astype(int) - expected)
    assert off.max() <= 2 and (off > 0).mean() < 0.02


def test_many_are_fitted_as_one_by_one():
    random = np.random.default_rng(0)
    shapes = [(60, 60, 3), (40, 61, 3), (60, 60, 3), (16, 20, 3), (60, 60, 1), (1, 9, 3)]
    images = [random.integers(0, 256, shape, np.uint8) for shape in shapes]
    found = letterbox_images(images, (16, 20, 3))
    np.testing.assert_array_equal(found, np.stack([letterbox(image, (16, 20, 3)) for image in images]))


@pytest.mark.parametrize("most", [0, 3000, 2**30])
def test_rows_are_fitted_however_many_wait(most, monkeypatch):
    monkeypatch.setattr("opsin.data.store.image_preprocessing._WAITING_BYTES", most)
    random = np.random.default_rng(0)
    images = {row: random.integers(0, 256, (20 + row % 3, 24, 3), np.uint8) for row in (4, 0, 7, 2)}
    out = np.full((8, 16, 20, 3), 9, np.uint8)
    assert letterbox_into(images.items(), out) == [4, 0, 7, 2]
    for row in range(8):
        expected = letterbox(images[row], (16, 20, 3)) if row in images else np.full((16, 20, 3), 9, np.uint8)
        np.testing.assert_array_equal(out[row], expected)
    assert letterbox_into([], out) == []


def test_coarse_grey_without_a_pattern():
    stripes = np.zeros((64, 64, 1), np.uint8)
    stripes[::2] = 255
    assert np.abs(letterbox(stripes, (16, 16, 1)).astype(int) - 127).max() < 12  # no moire: grey


def test_channels():
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    np.testing.assert_array_equal(letterbox(grey, (4, 4, 3)), np.repeat(grey, 3, axis=2))
    colour = np.random.default_rng(0).integers(0, 256, (4, 4, 3), np.uint8)
    weighed = colour @ np.array([0.299, 0.587, 0.114])  # ITU-R 601
    assert np.abs(letterbox(colour, (4, 4, 1))[:, :, 0] - weighed).max() <= 1


def test_an_image_of_the_right_size_is_left_alone():
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    np.testing.assert_array_equal(letterbox(image, (9, 7, 3)), image)


def test_json_there_and_back():
    one = ImagePreprocessing(8, 9, 3, (0.1, 0.2, 0.3), (1.0, 2.0, 3.0))
    for made in (one, replace(one, intensity=Intensity(4095)), replace(one, intensity=Intensity(1))):
        assert preprocessing_from_json(json.loads(json.dumps(made.to_json()))) == made
    assert one.fit(np.zeros((3, 5, 1), np.uint8))[0].shape == one.size == (8, 9, 3)


@pytest.mark.parametrize("field", ["kind", "height", "width", "channels", "mean", "std", "intensity"])
@pytest.mark.parametrize("value", [None, "x", -1, [0.0], 7, {}, {"high": 0}, {"high": "x"}, {"high": 10**400}])
def test_bad_json_is_a_data_error(field, value):
    good = ImagePreprocessing(8, 8, 3, (0.1, 0.2, 0.3), (1.0, 2.0, 3.0)).to_json()
    if (field in ("height", "width") and value == 7) or (field == "intensity" and value is None):
        return
    with pytest.raises(DataError):
        preprocessing_from_json({**good, field: value})
    with pytest.raises(DataError, match="cannot be read"):
        preprocessing_from_json({key: one for key, one in good.items() if key != field})


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_image_is_a_data_error(image):
    with pytest.raises(DataError, match="expected uint8"):
        letterbox(image, (4, 4, 3))
