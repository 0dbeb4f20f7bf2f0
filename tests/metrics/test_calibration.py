"""Temperature scaling recovers a known temperature, and never increases the validation loss."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from sklearn.calibration import calibration_curve

from opsin.drawing.reliability import reliability_chart
from opsin.metrics.calibration import log_sigmoid, log_softmax
from opsin.metrics.weighted import BINS
from opsin.tasks import Classify, MultiLabel

RANDOM = np.random.default_rng(0)


def honest_classes(count, units=4):
    """Returns logits of calibrated probabilities, and classes drawn from them."""
    raw = RANDOM.normal(size=(count, units)) * 2
    chances = np.exp(raw) / np.exp(raw).sum(1, keepdims=True)
    return raw, (chances.cumsum(1) > RANDOM.random((count, 1))).argmax(1)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_known_temperature_is_recovered(temperature):
    raw, targets = honest_classes(20_000)
    found = Classify(tuple("abcd")).calibrated(raw * temperature, targets).temperature
    assert found == pytest.approx(temperature, rel=0.05)


def test_a_known_temperature_of_labels_is_recovered():
    raw = RANDOM.normal(size=(10_000, 3)) * 2
    targets = (RANDOM.random(raw.shape) < 1 / (1 + np.exp(-raw))).astype(np.float32)
    assert MultiLabel(tuple("abc")).calibrated(raw * 2, targets).temperature == pytest.approx(2, rel=0.05)


def test_calibration_lowers_the_error_on_images_it_was_not_fitted_on():
    task = Classify(tuple("abcd"))
    raw, targets = honest_classes(4_000)
    calibrated = task.calibrated(raw[:2000] * 3, targets[:2000])
    scores = calibrated.scorer(raw[2000:] * 3, targets[2000:])(np.ones(2000))
    assert scores["ece"] < 0.04 < 0.1 < scores["ece_uncalibrated"]


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(2, 5), st.floats(0.01, 50), st.integers(0, 2**32 - 1))
def test_validation_never_gets_worse(count, units, scale, seed):
    random = np.random.default_rng(seed)
    raw, ones = random.normal(size=(count, units)) * scale, np.ones(count)
    names = tuple(map(str, range(units)))
    cases = [
        (Classify(names), random.integers(0, units, count)),
        (MultiLabel(names), (random.random((count, units)) < 0.5).astype(np.float32)),
    ]
    for task, targets in cases:
        before = task.scorer(raw, targets)(ones)["log_loss"]
        after = task.calibrated(raw, targets).scorer(raw, targets)(ones)["log_loss"]
        assert after <= before + 1e-9


def test_a_few_right_answers_do_not_make_certain():
    raw, targets = np.tile([[2.0, 0.0, -1.0]], (10, 1)), np.zeros(10, np.int64)
    assert Classify(tuple("abc")).calibrated(raw, targets).probabilities(raw)[0, 0] < 0.97
    labels = np.tile([[1.0, 0.0, 0.0]], (10, 1))
    assert MultiLabel(tuple("abc")).calibrated(raw - 0.5, labels).probabilities(raw - 0.5).max() < 0.99


def test_the_reliability_curve_is_scikit_learns():
    confidence = RANDOM.random(400)
    true = RANDOM.random(400) < confidence
    chart = reliability_chart(confidence**2, confidence, true, "confidence", "share")
    share, mean = calibration_curve(true, confidence, n_bins=BINS)
    before, after = chart.curves
    np.testing.assert_allclose(after.x, mean)
    np.testing.assert_allclose(after.y, share)
    assert before.counts.sum() == after.counts.sum() == 400 and chart.diagonal


RAW = np.random.default_rng(0).normal(size=(40, 5)) * 30


def test_log_softmax_is_torchs_at_a_temperature():
    expected = torch.log_softmax(torch.from_numpy(RAW) / 1.7, 1).numpy()
    np.testing.assert_allclose(log_softmax(RAW, 1.7), expected, atol=1e-12)


def test_log_sigmoid_is_torchs():
    np.testing.assert_allclose(log_sigmoid(RAW), torch.nn.functional.logsigmoid(torch.from_numpy(RAW)).numpy())


def test_huge_outputs_stay_finite():
    huge = np.array([[1e30, -1e30]], np.float32)
    assert np.isfinite(log_softmax(huge)).all() and np.isfinite(log_sigmoid(huge)).all()
