"""Probabilities against torch, also where the plain formula overflows."""

import numpy as np
import torch

from opsin.tasks.probabilities import log_sigmoid, log_softmax

RAW = np.random.default_rng(0).normal(size=(40, 5)) * 30


def test_log_softmax_is_torchs_at_a_temperature():
    expected = torch.log_softmax(torch.from_numpy(RAW) / 1.7, 1).numpy()
    np.testing.assert_allclose(log_softmax(RAW, 1.7), expected, atol=1e-12)


def test_log_sigmoid_is_torchs():
    np.testing.assert_allclose(log_sigmoid(RAW), torch.nn.functional.logsigmoid(torch.from_numpy(RAW)).numpy())


def test_huge_outputs_stay_finite():
    huge = np.array([[1e30, -1e30]], np.float32)
    assert np.isfinite(log_softmax(huge)).all() and np.isfinite(log_sigmoid(huge)).all()
