import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from opsin.data.splitting.strata import strata


def test_classes_are_themselves():
    assert strata(np.array([3, 0, 3])).tolist() == [3, 0, 3]


def test_the_rarest_label_decides():
    labels = np.array([[1, 1, 0], [1, 0, 0], [1, 0, 1], [0, 0, 0], [1, 0, 1]], np.float32)
    assert strata(labels).tolist() == [2, 1, 3, 0, 3]


@given(arrays(np.float32, st.integers(10, 200), elements=st.floats(-100, 100, width=32)))
def test_numbers_fall_into_ordered_bins(numbers):
    bins = strata(numbers[:, None])
    order = np.argsort(numbers, kind="stable")
    assert (np.diff(bins[order]) >= 0).all()
    assert bins.min() >= 0 and bins.max() < 10
    assert all(len(set(bins[numbers == value])) == 1 for value in np.unique(numbers))


def test_numbers_without_ties_fall_into_tenths():
    assert np.bincount(strata(np.random.default_rng(0).normal(size=(1000, 2)))).tolist() == [100] * 10
