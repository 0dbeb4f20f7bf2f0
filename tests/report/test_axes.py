import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from opsin.report.axes import Axes, span, ticks

NUMBERS = st.floats(-1e9, 1e9)


@settings(deadline=None)
@given(NUMBERS, st.floats(1e-6, 1e9), st.integers(2, 10))
def test_ticks_lie_inside_evenly_and_not_too_many(low, width, most):
    high = low + width
    assume(high - low > 1e-9 * max(abs(low), abs(high)))
    found = np.array(ticks(low, high, most))
    assert len(found) <= most + 1
    assert ((found >= low - width * 1e-6) & (found <= high + width * 1e-6)).all()
    if len(found) > 2:
        assert np.allclose(np.diff(found), found[1] - found[0], rtol=1e-3)


@settings(deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True)))
def test_a_span_is_finite_and_never_empty(values):
    low, high = span(np.array(values))
    assert np.isfinite([low, high]).all()
    assert low < high


def test_points_stand_where_they_belong():
    axes = Axes((0.0, 10.0), (0.0, 1.0))
    across, up = axes.across(np.array([0.0, 5.0, 10.0])), axes.up(np.array([0.0, 1.0]))
    assert across[0] < across[1] < across[2] <= axes.width
    assert np.isclose(across[1], (across[0] + across[2]) / 2)
    assert 0 <= up[1] < up[0] <= axes.height
