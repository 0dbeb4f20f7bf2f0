"""Losses of numbers say what Keras's say."""

import numpy as np
import pytest

ONE_HOT = np.eye(3, dtype=np.float32)
NAMES = [
    "MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "KLDivergence", "Poisson",
    "MeanSquaredLogarithmicError", "MeanAbsolutePercentageError",
]  # fmt: skip
# loss, its settings, units, last activation, targets from class numbers
FITTED = [
    ("MeanSquaredError", {}, 1, None, lambda y: y.astype(float)),
    ("MeanAbsoluteError", {}, 3, None, lambda y: ONE_HOT[y]),
    ("Huber", {"delta": 0.3}, 3, None, lambda y: ONE_HOT[y]),
    ("LogCosh", {}, 3, "tanh", lambda y: ONE_HOT[y]),
    ("KLDivergence", {}, 3, "softmax", lambda y: ONE_HOT[y]),
    ("Poisson", {}, 3, "softplus", lambda y: ONE_HOT[y]),
    ("MeanSquaredLogarithmicError", {}, 3, "sigmoid", lambda y: ONE_HOT[y]),
    ("MeanAbsolutePercentageError", {}, 3, "sigmoid", lambda y: ONE_HOT[y] + 1),
    ("MeanSquaredError", {"reduction": "sum"}, 3, "sigmoid", lambda y: ONE_HOT[y]),
]


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize("name", NAMES)
def test_called_by_itself(call_both, name, reduction):
    call_both(name, reduction)


@pytest.mark.parametrize("case", FITTED, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_fit_matches_keras(fit_case, case):
    fit_case(case)
