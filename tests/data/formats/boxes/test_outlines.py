import numpy as np
import pytest

from opsin.core import DataError
from opsin.data import INSTANCES, MASKS
from opsin.data.formats.boxes.outlines import Outline, OutlineMasks
from opsin.geometry.instance_masks import stack_instances
from opsin.geometry.rle import encode_runs


def square(left, top, side):
    right, bottom = left + side, top + side
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], float)


def size(_):
    return 20, 30


OUTLINES = {
    "a": [
        Outline(1, (square(10, 5, 2),)),
        Outline(0, (square(8, 3, 8), square(20, 0, 3))),
        Outline(2, (square(0, 0, 12),), crowd=True),
    ],
    "b": [],
}


def test_smaller_objects_are_drawn_over_larger_and_crowds():
    masks = OutlineMasks(OUTLINES, size, MASKS)
    mask = masks.read("a")
    assert mask.dtype == np.uint8 and mask.shape == (20, 30)
    assert (mask[0, 0], mask[4, 9], mask[6, 11], mask[1, 21], mask[19, 29]) == (255, 1, 2, 1, 0)
    assert not masks.read("b").any() and not masks.read("unknown").any()


def test_instances_are_numbered_and_crowds_background():
    codes = OutlineMasks(OUTLINES, size, INSTANCES).read("a")
    assert codes.dtype == np.int32
    assert (codes[0, 0], codes[4, 9], codes[6, 11], codes[1, 21]) == (0, 512, 257, 512)


def test_hidden_objects_are_left_out():
    wide, inner = np.ones((4, 4), bool), np.zeros((4, 4), bool)
    inner[:2] = True
    codes = stack_instances([inner, wide, inner], [0, 1, 2], (4, 4))
    assert sorted(np.unique(codes)) == [256 + 1, 512 + 2]
    assert not stack_instances([], [], (2, 3)).any()


def test_run_lengths_and_their_size():
    mask = np.zeros((20, 30), bool)
    mask[4:9, 2:7] = True
    outlines = {"a": [Outline(4, rle=encode_runs(mask))], "b": [Outline(0, rle=encode_runs(mask[:10]))]}
    masks = OutlineMasks(outlines, size, MASKS)
    np.testing.assert_array_equal(masks.read("a"), mask * 5)
    with pytest.raises(DataError, match=r"^has run lengths of 10x30, but the image is 20x30"):
        masks.read("b")


def test_stamps_change_with_every_part():
    mask = np.ones((2, 2), bool)
    kinds = [
        [],
        [Outline(0, (square(0, 0, 2),))],
        [Outline(1, (square(0, 0, 2),))],
        [Outline(0, (square(0, 0, 3),))],
        [Outline(0, (square(0, 0, 2),), crowd=True)],
        [Outline(0, rle=encode_runs(mask))],
        [Outline(0, rle=encode_runs(~mask))],
        [Outline(0, (square(0, 0, 2), square(0, 0, 2)))],
    ]
    stamps = {OutlineMasks({"a": outlines}, size, MASKS).stamp("a") for outlines in kinds}
    assert len(stamps) == len(kinds)
    assert OutlineMasks({"a": kinds[1]}, size, INSTANCES).stamp("a") not in stamps
    again = OutlineMasks({"a": [Outline(0, (square(0, 0, 2),))]}, size, MASKS).stamp("a")
    assert again in stamps
