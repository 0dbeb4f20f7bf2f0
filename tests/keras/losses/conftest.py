"""How every loss is held against Keras's: called by itself, and in a fit."""

import numpy as np
import pytest

from opsin import keras as ours

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), (6, 5)).astype(np.float32)
HOT = np.eye(4, dtype=np.float32)[GENERATOR.integers(0, 4, (6, 5))]


@pytest.fixture
def call_both(oracle):
    """Asserts that a loss has Keras's values, with and without weights, and Keras's name."""

    def check(name, reduction):
        weights = GENERATOR.random((6, 5)).astype(np.float32)
        for weight in (None, weights):
            actual, expected = (
                getattr(keras.losses, name)(reduction=reduction)(HOT, P, sample_weight=weight)
                for keras in (ours, oracle)
            )
            np.testing.assert_allclose(actual, expected.detach(), rtol=1e-5, atol=1e-6)
            assert getattr(ours.losses, name)().name == getattr(oracle.losses, name)().name

    return check


@pytest.fixture
def fit_case(oracle, twins, describe, images, fit_both):
    """Fits both with a loss, its settings, units, last activation and targets from class numbers; same History."""

    def check(case):
        name, settings, units, activation, target = case
        x, y = images

        def compiled(keras):
            loss = getattr((keras or oracle).losses, name)(**settings)
            return {"optimizer": "sgd", "loss": loss, "metrics": ["accuracy"]}

        pair = twins(lambda layers: describe(layers, units, activation))
        fit_both(pair, x, target(y), compiled, validation_split=0.25)

    return check
