"""Weighted metrics compared with scikit-learn, and with repeated rows."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from sklearn.metrics import roc_auc_score

from opsin.metrics.weighted import BINS, area_under_curve, bins_of, calibration_error, mean, mean_known, ratio

ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.1 + 1e-16, 0.5, 1.0]), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_area_under_curve_is_scikit_learns_with_ties_and_weights(rows):
    score, positive, weights = (np.array(column) for column in zip(*rows, strict=True))
    value = area_under_curve(score, positive)(weights.astype(float))
    held = weights > 0
    if positive[held].any() and not positive[held].all():
        assert value == pytest.approx(
            roc_auc_score(positive[held], score[held], sample_weight=weights[held]), abs=1e-12
        )
    else:
        assert np.isnan(value)


def test_area_under_curve_of_no_rows_is_not_known():
    assert np.isnan(area_under_curve(np.zeros(0), np.zeros(0, bool))(np.zeros(0)))


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_whole_weights_are_repeated_rows(rows):
    score, truth, weights = (np.array(column) for column in zip(*rows, strict=True))
    again = np.repeat(np.arange(len(score)), weights)
    for prepare in (area_under_curve, calibration_error, lambda values, _: mean(values)):
        weighted = prepare(score, truth)(weights.astype(float))
        repeated = prepare(score[again], truth[again])(np.ones(len(again)))
        assert weighted == pytest.approx(repeated, abs=1e-12, nan_ok=True)


def test_calibration_error_is_the_definition_of_guo_2017():
    random = np.random.default_rng(0)
    confidence, correct = random.random(500), random.random(500) < 0.7
    expected = 0.0
    for bin_ in range(BINS):
        held = (confidence >= bin_ / BINS) & (confidence < (bin_ + 1) / BINS)
        if held.any():
            expected += held.mean() * abs(correct[held].mean() - confidence[held].mean())
    assert calibration_error(confidence, correct)(np.ones(500)) == pytest.approx(expected, abs=1e-12)


def test_calibration_error_of_columns_is_their_mean():
    random = np.random.default_rng(1)
    confidence, correct, weights = random.random((50, 3)), random.random((50, 3)) < 0.5, random.random(50)
    columns = [calibration_error(confidence[:, i], correct[:, i])(weights) for i in range(3)]
    assert calibration_error(confidence, correct)(weights) == pytest.approx(np.mean(columns), abs=1e-12)


def test_certainty_belongs_to_the_last_bin():
    assert bins_of(np.array([0.0, 0.999, 1.0])).tolist() == [0, BINS - 1, BINS - 1]


def test_what_cannot_be_divided_is_not_known_and_left_out_of_means():
    parts = ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    assert parts[0] == 0.5 and np.isnan(parts[1]) and mean_known(parts) == 0.5
    assert np.isnan(mean_known([float("nan")])) and np.isnan(mean(np.ones(2))(np.zeros(2)))
