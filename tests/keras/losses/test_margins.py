"""Hinges say what Keras's say."""

import numpy as np
import pytest
import torch

from opsin import keras as ours

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), (6, 5)).astype(np.float32)
HOT = np.eye(4, dtype=np.float32)[GENERATOR.integers(0, 4, (6, 5))]

ONE_HOT = np.eye(3, dtype=np.float32)
NAMES = ["Hinge", "SquaredHinge"]
# loss, its settings, units, last activation, targets from class numbers
FITTED = [
    ("Hinge", {}, 3, "tanh", lambda y: ONE_HOT[y]),
    ("SquaredHinge", {}, 3, "tanh", lambda y: ONE_HOT[y]),
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


def test_classes_of_0_and_1_count_as_signs():
    output = torch.tensor([[0.3], [-0.2]])
    signs, classes = torch.tensor([[-1.0], [1.0]]), torch.tensor([[0.0], [1.0]])
    torch.testing.assert_close(ours.losses.hinge(classes, output), ours.losses.hinge(signs, output))
    torch.testing.assert_close(ours.losses.hinge(signs, output), torch.tensor([1.3, 1.2]))
