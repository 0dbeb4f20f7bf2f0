"""The reference distribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.faces import REFERENCE


def test_the_default_threshold_is_the_references():
    assert REFERENCE.threshold(1e-3) == pytest.approx(0.378, abs=0.002)


@given(st.floats(1e-5, 0.1))
def test_threshold_and_rate_are_inverse(far):
    rate, low, high = REFERENCE.false_match_rate(REFERENCE.threshold(far))
    assert rate == pytest.approx(far, rel=1e-6)
    assert low <= rate <= high


@given(st.floats(0, 2), st.floats(0, 2))
def test_the_rate_grows_with_the_distance(first, second):
    low, high = sorted((first, second))
    assert REFERENCE.false_match_rate(low)[0] <= REFERENCE.false_match_rate(high)[0] <= 1


@pytest.mark.parametrize("far", [1e-6, 0.2, 0])
def test_rates_beyond_the_reference_are_refused(far):
    with pytest.raises(DataError, match="out of range"):
        REFERENCE.threshold(far)
