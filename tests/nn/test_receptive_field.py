import hypothesis.strategies as st
from hypothesis import given

from opsin.nn import ReceptiveField
from opsin.nn.receptive_field import IDENTITY, compose, union

windows = st.builds(
    lambda k, s, d: ReceptiveField((k,), (s,), (d,)), st.integers(1, 5), st.integers(1, 3), st.integers(1, 3)
)


def positions(window, index):
    return {index * window.strides[0] + tap * window.dilation[0] for tap in range(window.kernel[0])}


@given(windows, windows)
def test_composition_matches_enumeration(first, second):
    both = compose(first, second)
    for index in (0, 1):
        seen = {low for middle in positions(second, index) for low in positions(first, middle)}
        assert max(seen) - min(seen) + 1 == both.extent[0]
        assert min(seen) == index * both.strides[0]


@given(windows)
def test_composition_with_identity_and_whole_input(window):
    assert compose(IDENTITY, window) == compose(window, IDENTITY) == window
    assert compose(window, None) is compose(None, window) is None
    assert union(IDENTITY, window) == window
    assert union(window, None) is None
