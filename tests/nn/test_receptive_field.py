import hypothesis.strategies as st
from hypothesis import given

from opsin.nn import Window
from opsin.nn.receptive_field import POINT, follow, widest

windows = st.builds(lambda k, s, d: Window((k,), (s,), (d,)), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))


def positions(window, index):
    return {index * window.strides[0] + tap * window.dilation[0] for tap in range(window.kernel[0])}


@given(windows, windows)
def test_two_windows_in_a_row_reach_what_enumeration_finds(first, second):
    both = follow(first, second)
    for index in (0, 1):
        seen = {low for middle in positions(second, index) for low in positions(first, middle)}
        assert max(seen) - min(seen) + 1 == both.extent[0]
        assert min(seen) == index * both.strides[0]


@given(windows)
def test_a_point_changes_nothing_and_the_whole_swallows(window):
    assert follow(POINT, window) == follow(window, POINT) == window
    assert follow(window, None) is follow(None, window) is None
    assert widest(POINT, window) == window
    assert widest(window, None) is None
