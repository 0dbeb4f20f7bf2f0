import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.geometry.polygons import polygon_mask

coco = pytest.importorskip("pycocotools.mask")


def oracle(polygons, height, width):
    flat = [np.asarray(polygon, float).ravel().tolist() for polygon in polygons]
    return coco.decode(coco.frPyObjects(flat, height, width)).any(2)


SIDES = st.integers(1, 60)


@settings(max_examples=300)
@given(SIDES, SIDES, st.data())
def test_random_polygons_match_pycocotools(height, width, data):
    x = st.floats(-10, width + 10, width=32)
    y = st.floats(-10, height + 10, width=32)
    polygons = data.draw(st.lists(st.lists(st.tuples(x, y), min_size=3, max_size=12), min_size=1, max_size=3))
    np.testing.assert_array_equal(polygon_mask(polygons, height, width), oracle(polygons, height, width))


@settings(max_examples=100)
@given(st.data())
def test_corners_on_whole_and_half_pixels_match_pycocotools(data):
    place = st.integers(-4, 44).map(lambda number: number / 2)
    polygon = data.draw(st.lists(st.tuples(place, place), min_size=3, max_size=8))
    np.testing.assert_array_equal(polygon_mask([polygon], 20, 20), oracle([polygon], 20, 20))


def test_a_large_star_drawn_in_chunks_matches_pycocotools(monkeypatch):
    angle = np.linspace(0, 2 * np.pi, 401)[:-1]
    star = np.stack([300 + 280 * np.cos(angle * 7), 250 + 240 * np.sin(angle * 3)], 1)
    whole = polygon_mask([star], 500, 600)
    np.testing.assert_array_equal(whole, oracle([star], 500, 600))
    monkeypatch.setattr("opsin.geometry.polygons._MOST_STEPS", 1000)
    np.testing.assert_array_equal(polygon_mask([star], 500, 600), whole)


def test_a_rectangle_covers_its_pixels():
    mask = polygon_mask([[(2, 3), (7, 3), (7, 9), (2, 9)]], 12, 10)
    expected = np.zeros((12, 10), bool)
    expected[3:9, 2:7] = True
    np.testing.assert_array_equal(mask, expected)


def test_too_few_and_distant_corners():
    assert not polygon_mask([[(0, 0), (5, 5)]], 6, 6).any()
    assert not polygon_mask([np.zeros((0, 2))], 6, 6).any()
    assert polygon_mask([[(-1e12, -1e12), (1e12, -1e12), (1e12, 1e12), (-1e12, 1e12)]], 6, 7).all()


@pytest.mark.parametrize("polygon", [[(0, 0), (1, float("nan")), (2, 2)], [(0, 0), (float("inf"), 1), (2, 2)], [1, 2]])
def test_corners_that_are_not_numbers_are_refused(polygon):
    with pytest.raises(DataError, match=r"^has an outline with corners that are not numbers"):
        polygon_mask([polygon], 4, 4)


def test_too_many_corners_are_refused():
    with pytest.raises(DataError, match="1,000,001 corners"):
        polygon_mask([np.zeros((1_000_001, 2))], 4, 4)
