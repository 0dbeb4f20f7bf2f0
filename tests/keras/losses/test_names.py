"""Losses by name are Keras's; an unknown name lists the known."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError

HOT = np.eye(3, dtype=np.float32)


@pytest.mark.parametrize("name", [
    "categorical_crossentropy", "mse", "mae", "mean_squared_error", "binary_crossentropy", "huber", "log_cosh",
    "kl_divergence",
])  # fmt: skip
def test_losses_by_name(oracle, twins, describe, images, fit_both, name):
    x, y = images
    fit_both(twins(describe), x, HOT[y], lambda keras: {"optimizer": "adam", "loss": name, "metrics": ["mse"]})


@pytest.mark.parametrize("name", ["mse", "MSE", "mae", "mape", "msle", "bce", "kld", "MeanSquaredError", "hinge"])
def test_short_names_mean_what_they_mean_in_keras(oracle, name):
    y, p = np.array([[0.0, 1.0]], np.float32), np.array([[0.3, 0.6]], np.float32)
    expected = oracle.losses.get(name)
    expected = expected() if isinstance(expected, type) else expected
    assert float(ours.losses.get(name)(y, p)) == pytest.approx(float(np.mean(expected(y, p).numpy())), rel=1e-5)


def test_a_function_of_the_module_is_the_loss_itself():
    found = ours.losses.get(ours.losses.categorical_crossentropy)
    assert isinstance(found, ours.losses.CategoricalCrossentropy)


def test_an_unknown_name_lists_the_known():
    with pytest.raises(OpsinError, match=r"Unknown loss 'cross'. Expected one of categorical_crossentropy"):
        ours.losses.get("cross")
    with pytest.raises(OpsinError, match="Unknown loss 'Focal'"):
        ours.losses.get({"class_name": "Focal", "config": {}})
