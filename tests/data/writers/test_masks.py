import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from opsin.core import DataError
from opsin.data.writers.masks import object_rows, palette, write_mask, write_objects

SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@given(arrays(np.uint8, SIZES))
def test_masks_are_written_unchanged(tmp_path_factory, mask):
    path = tmp_path_factory.mktemp("m") / "deep" / "mask.png"
    write_mask(path, mask, [str(place) for place in range(251)])
    with Image.open(path) as image:
        assert image.mode == "P" and image.getpalette()[:3] == [0, 0, 0]
        np.testing.assert_array_equal(np.asarray(image), mask)


@given(arrays(np.int32, SIZES, elements=st.integers(0, 65_535)))
def test_instance_masks_are_written_as_object_ids(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("o") / "objects.png"
    write_objects(path, numbers * 256 + np.where(numbers > 0, 3, 0))
    with Image.open(path) as image:
        assert image.mode.startswith("I;16")
        np.testing.assert_array_equal(np.asarray(image), numbers)


def test_palette():
    colours = palette([str(place) for place in range(40)])
    assert colours.shape == (256, 3) and not colours[0].any() and (colours[255] == 255).all()
    assert len({tuple(colour) for colour in colours[:40].tolist()}) == 40 and not colours[40:255].any()


@pytest.mark.parametrize("mask", [np.zeros((2, 2)), np.zeros(4, np.uint8), np.zeros((0, 4), np.uint8)])
def test_invalid_masks_are_refused(tmp_path, mask):
    with pytest.raises(DataError, match="Expected uint8"):
        write_mask(tmp_path / "a.png", mask, ["a"])


@pytest.mark.parametrize("codes", [np.full((2, 2), 65_536 * 256), np.full((2, 2), -256), np.zeros((0, 2), int)])
def test_invalid_instance_masks_are_refused(tmp_path, codes):
    with pytest.raises(DataError, match=r"Expected .height, width. and at most 65,535"):
        write_objects(tmp_path / "a.png", codes)
    assert not list(tmp_path.iterdir())


@given(arrays(np.int32, SIZES, elements=st.integers(0, 6)))
def test_object_rows_match_pixel_counts(numbers):
    codes = np.where(numbers > 0, numbers * 256 + numbers % 2, 0)
    confidence = (numbers * 40).astype(np.uint8)
    rows = object_rows(codes, ["even", "odd"], confidence)
    assert [row["object"] for row in rows] == [number for number in range(1, 7) if (numbers == number).any()]
    for row in rows:
        y, x = np.nonzero(numbers == row["object"])
        assert row["label"] == ("even", "odd")[row["object"] % 2] and row["area"] == len(x)
        assert row["box"] == [x.min(), y.min(), x.max() + 1, y.max() + 1]
        assert row["x"] == pytest.approx(x.mean() + 0.5, abs=0.006)
        assert row["y"] == pytest.approx(y.mean() + 0.5, abs=0.006)
        assert row["confidence"] == pytest.approx(row["object"] * 40 / 255, abs=1e-4)


def test_no_objects_and_no_confidence():
    assert object_rows(np.zeros((3, 3), np.int32), ["a"]) == []
    assert object_rows(np.full((1, 1), 256, np.int32), ["a"])[0]["confidence"] is None
