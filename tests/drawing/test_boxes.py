"""Positions and colours of drawn boxes."""

import numpy as np
import pytest

from opsin.drawing.boxes import CORRECT, FALSE, MISSED, UNKNOWN, box_picture

PIXELS = np.full((200, 400, 3), 90, np.uint8)
GROUND_TRUTH = np.array([[50, 40, 150, 140, 0, 0, 1e4], [200, 40, 300, 140, 1, 0, 1e4]], np.float32)
PREDICTION = np.array([[50, 40, 150, 140, 0, 0.9], [320, 40, 380, 140, 1, 0.8], [10, 10, 40, 30, 1, 0.1]], np.float32)
NAMES, THRESHOLDS = ("cat", "dog"), (0.3, 0.3)


def share_of(colour, line):
    return (np.abs(line.astype(int) - colour) <= 3).all(-1).mean()


def test_right_boxes_false_ones_and_missed_ones_have_their_colours():
    picture = box_picture(PIXELS, PREDICTION, GROUND_TRUTH, NAMES, THRESHOLDS)
    assert picture.shape == PIXELS.shape and picture.dtype == np.uint8
    assert share_of(CORRECT, picture[50:135, 150]) == 1 and share_of(FALSE, picture[50:135, 380]) == 1
    assert 0.3 < share_of(MISSED, picture[50:135, 200]) < 0.7  # dashes
    assert share_of(MISSED, picture[:, :190]) == share_of(CORRECT, picture[:, 190:]) == 0
    assert (picture[12:28, 12:38] == 90).all()  # under its threshold
    assert (PIXELS == 90).all()


def test_without_a_truth_all_boxes_told_are_of_one_colour():
    picture = box_picture(PIXELS, PREDICTION, None, NAMES, THRESHOLDS)
    assert share_of(UNKNOWN, picture[50:135, 150]) == 1 == share_of(UNKNOWN, picture[50:135, 380])
    assert not any(share_of(colour, picture) for colour in (CORRECT, FALSE, MISSED))


@pytest.mark.parametrize("shape", [(32, 32, 1), (50, 40, 3), (1, 1, 3)])
def test_small_and_grey_images_are_enlarged_with_their_boxes(shape):
    height, width = shape[:2]
    box = np.array([[width / 4, height / 4, width, height, 0, 0, 1]], np.float32)
    picture = box_picture(np.zeros(shape, np.uint8), box[:, [0, 1, 2, 3, 4, 0]] * 0 + 0.5, box, NAMES, THRESHOLDS)
    assert picture.shape == (round(320 * height / width), 320, 3)
    assert share_of(MISSED, picture[:, 75:86]) > 0


def test_boxes_at_borders_without_size_and_long_names_are_drawn():
    predictions = np.array([[0, 0, 400, 200, 0, 1], [-5, -5, 3, 3, 1, 0.9], [9, 9, 9, 9, 0, 0.5]], np.float32)
    crowd = np.array([[0, 0, 400, 200, 0, 1, 1]], np.float32)
    box_picture(PIXELS, predictions, crowd, ("a" * 300, "<b>é</b> 血小板"), THRESHOLDS)
    box_picture(PIXELS, predictions[:0], crowd[:0], NAMES, THRESHOLDS)
