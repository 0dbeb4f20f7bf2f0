"""Error rates against scikit-learn and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.metrics.verification import (
    b_cubed,
    equal_error_rate,
    match_rate,
    miss_rate,
    threshold_at_rate,
    true_match_rate,
)


@pytest.fixture
def drawn():
    generator = np.random.default_rng(0)
    return generator.normal(0.3, 0.08, 400), generator.normal(0.57, 0.06, 3000)


def test_rates_equal_scikit_learns(drawn):
    metrics = pytest.importorskip("sklearn.metrics")
    genuine, impostor = drawn
    ones = np.ones(len(genuine)), np.ones(len(impostor))
    labels = np.r_[ones[0], 0 * ones[1]]
    fpr, tpr, _ = metrics.roc_curve(labels, -np.r_[genuine, impostor], drop_intermediate=False)
    assert true_match_rate(genuine, impostor, 1e-2, ones) == pytest.approx(tpr[fpr <= 1e-2].max())
    wanted = (fpr + 1 - tpr)[np.abs(fpr - 1 + tpr).argmin()] / 2
    assert equal_error_rate(genuine, impostor, ones) == pytest.approx(wanted, abs=1 / 400)


@given(st.lists(st.floats(0, 2), min_size=1), st.floats(0, 1))
def test_a_threshold_keeps_its_rate(values, rate):
    distances, weights = np.array(values), np.ones(len(values))
    assert match_rate(distances, threshold_at_rate(distances, rate, weights), weights) <= rate + 1e-9


def test_weights_count_like_repeated_pairs(drawn):
    genuine, impostor = (part[:50] for part in drawn)
    times = np.random.default_rng(1).integers(0, 4, (2, 50))
    repeated = np.repeat(genuine, times[0]), np.repeat(impostor, times[1])
    plain = np.ones(len(repeated[0])), np.ones(len(repeated[1]))
    weights = times[0].astype(float), times[1].astype(float)
    for rate in (0.02, 0.1, 0.5):
        assert true_match_rate(genuine, impostor, rate, weights) == pytest.approx(
            true_match_rate(*repeated, rate, plain)
        )
    wanted = equal_error_rate(*repeated, plain)
    assert equal_error_rate(genuine, impostor, weights) == pytest.approx(wanted, abs=0.02)


def test_misses_by_hand():
    enrolled, right = np.array([0.1, 0.2, 0.3, 0.5]), np.array([True, True, False, True])
    strangers = np.array([0.25, 0.4, 0.45, 0.6])
    rate, threshold = miss_rate(enrolled, right, strangers, 0.25)
    assert 0.25 <= threshold < 0.4
    assert rate == 0.5  # the wrong person, and the one beyond the threshold


def test_b_cubed_by_hand():
    precision, recall, f = b_cubed(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    assert precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)
    assert f == pytest.approx(2 * precision * recall / (precision + recall))
