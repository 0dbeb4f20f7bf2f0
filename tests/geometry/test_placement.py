import numpy as np
from hypothesis import given, settings
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


def letterboxed(image, size):
    """Content size, offset and scales of a 2D image, written out: one factor for both axes, centred."""
    factor = min(size[0] / image[0], size[1] / image[1])
    inner = tuple(min(side, max(1, round(length * factor))) for side, length in zip(size, image, strict=True))
    offset = ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
    return inner, offset, (inner[0] / image[0], inner[1] / image[1])


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_an_image_keeps_its_shape_and_is_as_large_as_fits(image, size):
    frame = Placement(image, size)
    assert (frame.content_size, frame.offset, frame.scales) == letterboxed(image, size)
    assert Placement(image, size, spacing=(0.5, 0.5)).content_size == frame.content_size


VOLUMES = st.tuples(st.integers(1, 14), st.integers(1, 20), st.integers(1, 20))


def nearest(mask, shape, position_of):
    """An array of `shape`: for each index the value of `mask` at `position_of`, a continuous position of its voxels."""
    found = np.full(shape, -1, mask.dtype)
    for index in np.ndindex(*shape):
        at = [int(np.floor(position)) for position in position_of(np.array(index) + 0.5)]
        if all(0 <= one < side for one, side in zip(at, mask.shape, strict=True)):
            found[index] = mask[tuple(at)]
    return found


@given(VOLUMES, VOLUMES, st.sampled_from([None, (5.0, 0.7, 0.7)]), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_masks_of_volumes_move_like_their_voxels(image, size, spacing, seed):
    mask = np.random.default_rng(seed).integers(0, 9, image).astype(np.int32)
    frame = Placement(image, size, spacing)
    offset, scales = np.array(frame.offset), np.array(frame.scales)
    assert all(0 <= start <= side for start, side in zip(offset, size, strict=True))
    assert max(c / s for c, s in zip(frame.content_size, size, strict=True)) > 0.5  # one axis is filled
    eps = 1e-9  # ties between two voxels go to the one that rounding picks
    for shift in (eps, -eps):
        moved = nearest(mask, size, lambda at, shift=shift: (at - offset) / scales + shift)
        back = nearest(moved, image, lambda at, shift=shift: at * scales + offset + shift)
        if (moved == frame.mask_to_input(mask, -1)).all() and (back == frame.mask_to_image(moved)).all():
            return
    moved, back = frame.mask_to_input(mask, -1), frame.mask_to_image(frame.mask_to_input(mask, -1))
    assert np.isin(back, moved).all() and (moved == -1).sum() == np.prod(size) - np.prod(frame.content_size)


def test_millimetres_keep_their_proportions():
    """A CT of thick slices: 10 slices of 5 mm are as long as 50 pixels of 1 mm."""
    assert Placement((10, 50, 50), (40, 40, 40), (5.0, 1.0, 1.0)).content_size == (40, 40, 40)
    assert Placement((10, 50, 50), (40, 40, 40)).content_size == (8, 40, 40)


@given(VOLUMES, st.integers(0, 2**32 - 1))
def test_an_enlarged_volume_comes_back(image, seed):
    mask = np.random.default_rng(seed).integers(0, 9, image).astype(np.uint8)
    frame = Placement(image, tuple(3 * side for side in image))
    np.testing.assert_array_equal(frame.mask_to_image(frame.mask_to_input(mask, 255)), mask)


def test_resampling_to_a_spacing_crops_in_the_middle_or_pads():
    frame = Placement((4, 10, 10), (8, 6, 16), (2.0, 1.0, 1.0), input_spacing=(1.0, 1.0, 1.0))
    assert frame.content_size == (8, 10, 10) and frame.offset == (0, -2, 3) and frame.scales == (2, 1, 1)
    mask = np.random.default_rng(0).integers(1, 9, (4, 10, 10)).astype(np.uint8)
    framed = frame.mask_to_input(mask, 255)
    np.testing.assert_array_equal(framed[:, :, 3:13], mask.repeat(2, 0)[:, 2:8])
    assert (framed[:, :, :3] == 255).all() and (framed[:, :, 13:] == 255).all()
    back = frame.mask_to_image(framed, fill=0)
    np.testing.assert_array_equal(back[:, 2:8], mask[:, 2:8])
    assert not back[:, :2].any() and not back[:, 8:].any()
    with_channels = frame.mask_to_image(np.stack([framed, framed], -1))
    np.testing.assert_array_equal(with_channels[..., 1], back)
