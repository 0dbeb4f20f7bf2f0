"""Masks drawn over images."""

import numpy as np
import pytest

from opsin.drawing.masks import GAP, MIN_SIDE, mask_picture, overlay, palette
from opsin.geometry import IGNORED


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_background_stays_as_it_is_and_objects_are_coloured(dtype, channels):
    image = np.full((20, 30, channels), 100, np.uint8)
    codes = np.zeros((20, 30), dtype)
    codes[5:15, 5:12], codes[5:15, 12:20] = 1, 2
    drawn = overlay(image, codes, True)
    assert drawn.shape == (20, 30, 3) and drawn.dtype == np.uint8
    assert (drawn[0, 0] == 100).all() and (drawn[18, 28] == 100).all()
    assert len(np.unique(np.stack([drawn[10, 8], drawn[10, 16], drawn[0, 0]]), axis=0)) == 3
    assert (drawn[10, 11] == 255).all()  # the line between the two
    np.testing.assert_array_equal(overlay(image, np.zeros_like(codes), True), np.broadcast_to(image, (20, 30, 3)))


def test_without_a_background_the_first_class_is_coloured_and_unknown_pixels_are_not():
    codes = np.zeros((8, 8), np.uint8)
    codes[:, 5:] = IGNORED
    drawn = overlay(np.zeros((8, 8, 3), np.uint8), codes, False)
    assert drawn[4, 2].any() and not drawn[4, 6].any()


def test_what_is_missed_and_what_is_not_there_have_colours_of_their_own():
    truth, prediction = np.zeros((300, 300), np.uint8), np.zeros((300, 300), np.uint8)
    truth[:100], prediction[200:] = 1, 1
    truth[120:140] = IGNORED
    picture = mask_picture(np.zeros((300, 300, 1), np.uint8), prediction, truth, True)
    assert picture.shape == (300, 4 * 300 + 3 * GAP, 3)
    errors = picture[:, -300:]
    missed, unknown, right, false = (tuple(errors[row, 150]) for row in (50, 130, 170, 250))
    assert len({missed, right, false}) == 3 and unknown == right


def test_small_images_are_enlarged_and_predictions_stand_alone_without_a_truth():
    picture = mask_picture(np.zeros((28, 30, 1), np.uint8), np.zeros((28, 30), np.uint8), None, True)
    assert picture.shape[0] >= MIN_SIDE and picture.shape[1] == 2 * 30 * (picture.shape[0] // 28) + GAP


def test_neighbours_in_the_palette_differ():
    colours = palette(21)
    assert len(np.unique(colours, axis=0)) == 21
