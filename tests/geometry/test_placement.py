import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opsin.data import letterbox
from opsin.geometry import Placement

SIDES = st.integers(1, 90)


@given(SIDES, SIDES, st.integers(8, 90), st.integers(8, 90))
def test_a_box_goes_where_fit_image_puts_its_pixels(height, width, high, wide):
    frame = Placement((height, width), (high, wide))
    image = np.zeros((height, width, 1), np.uint8)
    image[:, :, 0] = 200
    (left, top, right, bottom) = frame.boxes_to_input(np.array([[0.0, 0.0, width, height]]))[0]
    inner_height, inner_width = frame.content_size
    assert np.allclose((right - left, bottom - top), (inner_width, inner_height))
    assert (top, left) == frame.offset
    assert letterbox(image, (high, wide, 1)).shape == (high, wide, 1)


def test_what_is_bright_in_the_image_is_bright_in_its_box():
    image = np.zeros((60, 200, 3), np.uint8)
    image[12:36, 80:120] = 255
    framed = letterbox(image, (100, 100, 3))
    left, top, right, bottom = Placement((60, 200), (100, 100)).boxes_to_input(np.array([[80.0, 12.0, 120.0, 36.0]]))[0]
    inside = framed[round(top) + 1 : round(bottom) - 1, round(left) + 1 : round(right) - 1]
    assert inside.min() > 200
    area = (right - left) * (bottom - top)
    assert abs(framed[:, :, 0].sum() / 255 - area) < 0.06 * area


@given(SIDES, SIDES, st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_boxes_come_back_from_the_frame(height, width, high, wide, seed):
    generator = np.random.default_rng(seed)
    corners = np.sort(generator.random((5, 2, 2)), axis=1) * [width, height]
    boxes = np.concatenate([corners.reshape(5, 4), np.arange(5.0)[:, None]], 1)
    frame = Placement((height, width), (high, wide))
    np.testing.assert_allclose(
        frame.boxes_to_image(frame.boxes_to_input(boxes)), boxes, atol=1e-6 * max(height, width) + 1e-9
    )


@given(SIDES, SIDES, st.integers(0, 2**32 - 1))
def test_a_mask_comes_back_from_a_frame_as_large_as_it(height, width, seed):
    mask = np.random.default_rng(seed).integers(0, 9, (height, width)).astype(np.uint8)
    frame = Placement((height, width), (height, width))
    assert (frame.mask_to_image(frame.mask_to_input(mask, 255)) == mask).all()


def test_a_mask_enlarged_and_back_is_the_same_and_what_is_around_it_is_filled():
    mask = np.random.default_rng(0).integers(0, 9, (10, 30)).astype(np.int32)
    frame = Placement((10, 30), (90, 90))
    framed = frame.mask_to_input(mask, 255)
    assert (framed[:30] == 255).all() and (framed[60:] == 255).all()
    assert (framed[30:60] == mask.repeat(3, 0).repeat(3, 1)).all()
    assert (frame.mask_to_image(framed) == mask).all()
