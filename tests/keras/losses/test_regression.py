"""Losses of numbers say what Keras's say."""

import numpy as np
import pytest

from opsin import keras as ours

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), (6, 5)).astype(np.float32)
HOT = np.eye(4, dtype=np.float32)[GENERATOR.integers(0, 4, (6, 5))]

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
def test_called_by_itself(oracle, name, reduction):
    weights = GENERATOR.random((6, 5)).astype(np.float32)
    for weight in (None, weights):
        said, expected = (
            getattr(keras.losses, name)(reduction=reduction)(HOT, P, sample_weight=weight) for keras in (ours, oracle)
        )
        np.testing.assert_allclose(said, expected.detach(), rtol=1e-5, atol=1e-6)
        assert getattr(ours.losses, name)().name == getattr(oracle.losses, name)().name


@pytest.mark.parametrize("case", FITTED, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_fit_is_kerass(oracle, twins, describe, images, fit_both, case):
    name, settings, units, activation, target = case
    x, y = images

    def compiled(keras):
        loss = getattr((keras or oracle).losses, name)(**settings)
        return {"optimizer": "sgd", "loss": loss, "metrics": ["accuracy"]}

    pair = twins(lambda layers: describe(layers, units, activation))
    fit_both(pair, x, target(y), compiled, validation_split=0.25)
