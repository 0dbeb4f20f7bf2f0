import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from opsin.core import DataError
from opsin.geometry.rle import decode_runs, encode_runs, run_lengths, runs_size

coco = pytest.importorskip("pycocotools.mask")
MASKS = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(lambda size: arrays(np.bool_, size))


@settings(max_examples=200)
@given(MASKS)
def test_encode_and_decode_match_pycocotools(mask):
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    ours = encode_runs(mask)
    assert ours == {"size": theirs["size"], "counts": theirs["counts"].decode()}
    for rle in (ours, theirs, {"size": list(mask.shape), "counts": run_lengths(mask)}):
        np.testing.assert_array_equal(decode_runs(rle), mask)
    np.testing.assert_array_equal(
        coco.decode(coco.frPyObjects({**ours, "counts": run_lengths(mask)}, *mask.shape)), mask
    )


def test_large_runs():
    mask = np.zeros((3000, 2000), np.uint8)
    mask[:, 900:1100] = 1
    mask[5, 7] = 1
    theirs = coco.encode(np.asfortranarray(mask))
    assert encode_runs(mask)["counts"] == theirs["counts"].decode()
    np.testing.assert_array_equal(decode_runs(theirs), mask.astype(bool))


def test_empty_and_full_masks():
    for mask in (np.zeros((3, 4), bool), np.ones((3, 4), bool)):
        np.testing.assert_array_equal(decode_runs(encode_runs(mask)), mask)
    assert decode_runs({"size": [0, 5], "counts": []}).shape == (0, 5)


@pytest.mark.parametrize(
    ("size", "counts", "message"),
    [
        ([2, 2], [1, 2], r"run lengths of 3 pixels\. Expected 2 x 2"),
        ([2, 2], [1, -2, 5], "a run of -2 pixels"),
        ([2, 2], [10**30], "not integers|a run of"),
        ([2, 2], [2**62, 2**62, 2**62], "a run of"),
        ([2, 2], [1.5, 2.5], "not integers"),
        ([2, 2], [[1], [3]], "not integers"),
        ([2, 2], [[1], [2, 1]], "not integers"),
        ([2, 2], ["a"], "not integers"),
        ([2, 2], None, "of type NoneType"),
        ([2, 2], "\x00", "invalid characters"),
        ([2, 2], "ä", "invalid characters"),
        ([2, 2], "\ud800", "invalid characters|pixels"),
        ([2, 2], "o", "truncated or damaged"),
        ([2, 2], "o" * 40 + "1", "truncated or damaged"),
        ([2, 2], "", "run lengths of 0 pixels"),
        ([2], [4], "Expected .height, width."),
        ([2, -2], [4], "Expected .height, width."),
        ([True, 4], [4], "Expected .height, width."),
        ("22", [4], "Expected .height, width."),
        (None, [4], "Expected .height, width."),
        ([10**9, 10**9], [10**18], "Expected at most"),
    ],
)
def test_hostile_lengths_raise_a_one_line_error(size, counts, message):
    with pytest.raises(DataError, match=message) as error:
        decode_runs({"size": size, "counts": counts})
    assert str(error.value).startswith("has ") and "\n" not in str(error.value)


@settings(max_examples=300)
@given(st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=30))
def test_any_text_decodes_or_raises_a_one_line_error(text):
    try:
        assert decode_runs({"size": [5, 6], "counts": text}).shape == (5, 6)
    except DataError as error:
        assert str(error).startswith("has ")


def test_size():
    assert runs_size({"size": (3, 4)}) == (3, 4)
