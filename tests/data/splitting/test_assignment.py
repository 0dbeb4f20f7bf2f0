import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from opsin.data.splitting.assignment import TEST, TRAIN, VALID, assign_splits


def keys(count: int) -> np.ndarray:
    return np.random.default_rng(count).permutation(count).astype(np.int64)


@given(
    st.lists(st.integers(10, 80), min_size=1, max_size=6), st.sampled_from([0.0, 0.1, 0.2]), st.sampled_from([0.1, 0.3])
)
def test_single_rows_fill_each_stratum_to_its_share(sizes, valid, test):
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    count = len(stratum)
    shares = {TEST: test} | ({VALID: valid} if valid else {})
    placed = assign_splits(np.arange(count), stratum, keys(count), shares, np.zeros(0, int))
    for place, share in shares.items():
        assert (placed == place).sum() == max(1, round(share * count))
        for code, size in enumerate(sizes):
            assert abs(((placed == place) & (stratum == code)).sum() - share * size) < 1.0 + 1e-9
    if not valid:
        assert not (placed == VALID).any()


def test_every_stratum_keeps_a_row_in_train_unless_it_has_one_already():
    stratum = np.array([0, 1, 2, 2])
    shares = {TEST: 0.4, VALID: 0.3}
    alone = assign_splits(np.arange(4), stratum, keys(4), shares, np.zeros(0, int))
    assert (alone[:2] == TRAIN).all() and sorted(alone[2:]) == [TRAIN, TEST]
    kept = assign_splits(np.arange(4), stratum, keys(4), shares, np.array([0, 1, 2]))
    assert {VALID, TEST} <= set(kept.tolist())


def test_a_family_larger_than_a_share_stays_in_train():
    family = np.array([0] * 50 + list(range(1, 51)))
    placed = assign_splits(family, np.zeros(100, int), keys(100), {TEST: 0.1, VALID: 0.1}, None)
    assert (placed[:50] == TRAIN).all()
    assert np.bincount(placed).tolist() == [80, 10, 10]


def test_three_large_families_make_three_splits():
    placed = assign_splits(
        np.repeat([0, 1, 2], 10), np.tile([0, 1], 15), keys(30), {TEST: 0.1, VALID: 0.1}, np.zeros(0, int)
    )
    assert np.bincount(placed).tolist() == [10, 10, 10]
    two = assign_splits(np.repeat([0, 1], 10), np.tile([0, 1], 10), keys(20), {TEST: 0.1, VALID: 0.1}, np.zeros(0, int))
    assert np.bincount(two, minlength=3).tolist() == [10, 0, 10]  # the test split goes first


def test_few_rows():
    for count, expected in ((1, [1, 0, 0]), (2, [1, 0, 1]), (3, [1, 1, 1])):
        placed = assign_splits(np.arange(count), np.zeros(count, int), keys(count), {TEST: 0.1, VALID: 0.1}, None)
        assert np.bincount(placed, minlength=3).tolist() == expected
