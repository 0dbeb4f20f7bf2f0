"""What an oracle tells of each window is put together again: every object once, wherever the seams are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.geometry.tiles import Tile, tile_grid
from opsin.tasks.tile_merging import merge_boxes, merge_classes, merge_objects

TILE = (50, 60)
SIZES = st.tuples(st.integers(30, 170), st.integers(30, 170))


def scattered(size: tuple[int, int], seed: int, largest: int) -> np.ndarray:
    """(k, 5) boxes of whole pixels that do not touch, and a class."""
    random = np.random.default_rng(seed)
    taken, boxes = np.zeros(size, bool), []
    for _ in range(40):
        high, wide = random.integers(4, largest + 1, 2)
        top, left = random.integers(0, max(1, size[0] - high)), random.integers(0, max(1, size[1] - wide))
        bottom, right = min(size[0], top + high), min(size[1], left + wide)
        around = taken[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
        if not around.any() and bottom - top >= 4 and right - left >= 4:
            taken[top:bottom, left:right] = True
            boxes.append([left, top, right, bottom, random.integers(0, 3)])
    return np.array(boxes, float).reshape(-1, 5)


def seen_boxes(boxes: np.ndarray, window: Tile, seed: int) -> np.ndarray:
    """What of each box is in the window, in its pixels, with some score."""
    corner = [window.left, window.top, window.left, window.top]
    height, width = window.size
    sides = (boxes[:, :4] - corner).clip(0, [width, height, width, height])
    there = (sides[:, 2] > sides[:, 0]) & (sides[:, 3] > sides[:, 1])
    scores = np.random.default_rng(seed).uniform(0.5, 1, len(boxes))
    found = np.column_stack([sides, boxes[:, 4], scores])[there].astype(np.float32)
    return found[np.argsort(-found[:, 5])]


def told_boxes(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    windows = tile_grid(size, TILE)
    return merge_boxes([seen_boxes(boxes, window, seed) for seed, window in enumerate(windows)], windows, size)


def in_order(boxes: np.ndarray) -> list[list[float]]:
    return sorted(boxes[:, :5].tolist())


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=st.integers(0, 10**6))
def test_every_box_is_told_once_wherever_the_seams_are(size, seed):
    boxes = scattered(size, seed, 10)
    told = told_boxes(boxes, size)
    assert in_order(told) == in_order(boxes)
    assert (np.diff(told[:, 5]) <= 0).all()
    assert told.dtype == np.float32


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=st.integers(0, 10**6))
def test_boxes_larger_than_a_window_are_put_together(size, seed):
    boxes = scattered(size, seed, 150)
    assert in_order(told_boxes(boxes, size)) == in_order(boxes)


def test_neighbours_that_overlap_much_stay_apart():
    boxes = np.array([[40, 10, 60, 30, 0], [45, 10, 65, 30, 0], [40, 10, 60, 30, 1]], float)
    assert in_order(told_boxes(boxes, (50, 100))) == in_order(boxes)


def test_a_box_that_only_a_cut_view_tells_is_left_to_the_window_that_sees_all_of_it():
    windows = tile_grid((50, 100), TILE)
    cut = np.array([[50, 10, 60, 30, 0, 0.9]], np.float32)
    assert len(merge_boxes([cut, cut[:0]], windows, (50, 100))) == 0


def test_one_window_is_the_answer_as_it_is():
    answer = np.array([[0, 0, 9, 9, 0, 0.4], [0, 0, 9, 8, 0, 0.3]], np.float32)
    assert merge_boxes([answer], [Tile((0, 0), (9, 9))], (9, 9)) is answer


def drawn(boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    codes = np.zeros(size, np.int32)
    for number, (left, top, right, bottom, kind) in enumerate(boxes.astype(int), 1):
        codes[top:bottom, left:right] = number * 256 + kind
    return codes


def seen_codes(codes: np.ndarray, window: Tile, seed: int) -> np.ndarray:
    """The window's part, its objects numbered anew in another order."""
    part = codes[window.top : window.bottom, window.left : window.right]
    known = np.unique(part[part > 0])
    number = np.random.default_rng(seed).permutation(len(known)) + 1
    answer = np.zeros((*part.shape, 2), np.int32)
    answer[..., 1] = 255
    for new, code in zip(number, known, strict=True):
        answer[part == code] = new * 256 + code % 256, 100 + code // 256
    return answer


@settings(max_examples=60, deadline=None)
@given(size=SIZES, seed=st.integers(0, 10**6), largest=st.sampled_from([8, 30, 150]))
def test_every_object_has_its_pixels_back(size, seed, largest):
    codes = drawn(scattered(size, seed, largest), size)
    windows = tile_grid(size, TILE)
    told = merge_objects([seen_codes(codes, window, n) for n, window in enumerate(windows)], windows, size)
    pairs = np.unique(np.stack([codes.ravel(), told[..., 0].ravel()]), axis=1)
    assert len(np.unique(codes)) == len(np.unique(told[..., 0])) == pairs.shape[1]
    np.testing.assert_array_equal(codes % 256, told[..., 0] % 256)
    np.testing.assert_array_equal(codes > 0, told[..., 0] > 0)
    numbers = np.unique(told[..., 0] // 256)
    assert numbers.tolist() == list(range(len(numbers))) or 0 not in codes
    np.testing.assert_array_equal(told[..., 1], np.where(codes > 0, 100 + codes // 256, 255))


def test_two_views_of_an_object_that_differ_a_little_are_one():
    size = (50, 100)
    windows = tile_grid(size, TILE)
    wide, narrow = drawn(np.array([[44, 10, 56, 30, 0.0]]), size), drawn(np.array([[43, 11, 55, 30, 0.0]]), size)
    answers = [seen_codes(codes, window, 0) for codes, window in zip((wide, narrow), windows, strict=True)]
    told = merge_objects(answers, windows, size)
    assert np.unique(told[..., 0]).tolist() == [0, 256]
    assert (told[..., 0] > 0).sum() in ((wide > 0).sum(), (narrow > 0).sum())


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=st.integers(0, 10**6))
def test_classes_are_stitched_without_a_gap(size, seed):
    truth = np.random.default_rng(seed).integers(0, 256, (*size, 2), np.uint8)
    windows = tile_grid(size, TILE)
    parts = [truth[window.top : window.bottom, window.left : window.right] for window in windows]
    np.testing.assert_array_equal(merge_classes(parts, windows, size), truth)


@pytest.mark.parametrize("column", [0, 44, 45, 99])
def test_a_pixel_is_taken_from_the_window_that_sees_more_around_it(column):
    size = (50, 90)
    windows = tile_grid(size, TILE)
    assert [window.left for window in windows] == [0, 30]
    parts = [np.full((*TILE, 2), number, np.uint8) for number in range(2)]
    joined = merge_classes(parts, windows, size)
    assert joined[25, min(column, 89), 0] == (column >= 45)
