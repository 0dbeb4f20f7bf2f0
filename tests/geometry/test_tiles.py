from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opsin.geometry.tiles import Tile, tile_grid

SIDES = st.integers(1, 90)


@given(size=st.tuples(SIDES, SIDES), window=st.tuples(SIDES, SIDES))
def test_windows_cover_the_image_and_share_a_quarter(size, window):
    seen = np.zeros(size, int)
    found = tile_grid(size, window)
    assert len(set(found)) == len(found)
    for one in found:
        assert one.size == (min(size[0], window[0]), min(size[1], window[1]))
        seen[one.top : one.bottom, one.left : one.right] += 1
    assert seen.min() > 0
    lefts = sorted({one.left for one in found})
    for left, right in pairwise(lefts):
        assert right - left <= max(1, int(window[1] * 0.75))


def test_an_image_no_larger_than_a_window_is_one_window():
    assert tile_grid((5, 7), (5, 9)) == [Tile((0, 0), (5, 7))]


def test_what_two_windows_share():
    assert Tile((0, 0), (4, 4)).intersection(Tile((2, 3), (9, 9))) == Tile((2, 3), (4, 4))
    assert Tile((0, 0), (4, 4)).intersection(Tile((4, 0), (8, 4))) is None


@given(size=st.tuples(*[st.integers(1, 30)] * 3), window=st.tuples(*[st.integers(1, 12)] * 3))
def test_tiles_cover_a_volume(size, window):
    seen = np.zeros(size, int)
    found = tile_grid(size, window)
    assert len(set(found)) == len(found)
    for one in found:
        assert one.size == tuple(map(min, size, window)) == seen[one.slices].shape
        seen[one.slices] += 1
    assert seen.min() > 0


def test_tiles_of_one_plane_are_those_of_its_image():
    flat = tile_grid((40, 70), (16, 16))
    assert [(tile.start[1:], tile.stop[1:]) for tile in tile_grid((1, 40, 70), (9, 16, 16))] == [
        (tile.start, tile.stop) for tile in flat
    ]
    assert Tile((0, 1, 2), (3, 4, 5)).intersection(Tile((2, 0, 0), (9, 9, 3))) == Tile((2, 1, 2), (3, 4, 3))
