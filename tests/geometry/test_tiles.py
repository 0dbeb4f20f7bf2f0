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
    assert tile_grid((5, 7), (5, 9)) == [Tile(0, 0, 5, 7)]


def test_what_two_windows_share():
    assert Tile(0, 0, 4, 4).intersection(Tile(2, 3, 9, 9)) == Tile(2, 3, 4, 4)
    assert Tile(0, 0, 4, 4).intersection(Tile(4, 0, 8, 4)) is None
