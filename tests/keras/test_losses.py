"""Losses called by themselves say what Keras's say; their extremes stay finite."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError, OpsinError

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), (6, 5)).astype(np.float32)
HOT = np.eye(4, dtype=np.float32)[GENERATOR.integers(0, 4, (6, 5))]


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize("name", [
    "CategoricalCrossentropy", "BinaryCrossentropy", "MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh",
    "KLDivergence", "Poisson", "Hinge", "SquaredHinge", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError",
])  # fmt: skip
def test_called_by_itself(oracle, name, reduction):
    weights = GENERATOR.random((6, 5)).astype(np.float32)
    for weight in (None, weights):
        said, expected = (
            getattr(keras.losses, name)(reduction=reduction)(HOT, P, sample_weight=weight) for keras in (ours, oracle)
        )
        np.testing.assert_allclose(said, expected.detach(), rtol=1e-5, atol=1e-6)
        assert getattr(ours.losses, name)().name == getattr(oracle.losses, name)().name


def test_a_class_can_be_left_out(oracle):
    y = HOT.argmax(-1)
    for ignored in (None, 2):
        said, expected = (
            keras.losses.SparseCategoricalCrossentropy(ignore_class=ignored)(y, P) for keras in (ours, oracle)
        )
        assert float(said) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(("loss", "activation", "y"), [
    ("categorical_crossentropy", "softmax", [[0.0, 1.0]]),
    ("sparse_categorical_crossentropy", "softmax", [1]),
    ("binary_crossentropy", "sigmoid", [[0.0, 1.0]]),
])  # fmt: skip
def test_a_sure_mistake_still_teaches(loss, activation, y):
    """Keras on torch clips probabilities at 1e-7, where the gradient is 0; from the numbers before it is not."""
    model = ours.Sequential([ours.layers.Dense(2, activation=activation, input_shape=(1,))])
    model.set_weights([np.array([[40.0, -40.0]]), np.zeros(2)])
    model.compile("sgd", loss)
    before = model.get_weights()[0]
    history = model.fit(np.ones((1, 1)), np.array(y), verbose=0)
    assert history.history["loss"][0] == pytest.approx(80 if activation == "softmax" else 40, rel=1e-4)
    assert (model.get_weights()[0] != before).all()


def test_a_loss_of_your_own(oracle, twins, describe, images):
    x, y = images

    def off(y_true, y_pred):
        return (y_true - y_pred).abs().mean(-1) ** 2

    found = []
    for model in twins(describe):
        model.compile("sgd", off)
        found.append(model.fit(x, np.eye(3)[y], shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)


@pytest.mark.parametrize(("call", "message"), [
    (lambda k: k.categorical_crossentropy(torch.zeros(3), torch.zeros(3, 4)), r"to_categorical\(y, 4\) makes them"),
    (lambda k: k.mean_squared_error(torch.zeros(3, 2), torch.zeros(3, 4)), r"\(3, 2\) for outputs of shape \(3, 4\)"),
    (lambda k: k.CategoricalCrossentropy(label_smoothing=2), "from 0 to 1 for label_smoothing, got 2"),
    (lambda k: k.MeanSquaredError(reduction="average"), "for reduction, got 'average'"),
    (lambda k: k.get("cross"), "there is no loss 'cross'; expected one of categorical_crossentropy"),
])  # fmt: skip
def test_mistakes_say_how_to_mend_them(call, message):
    with pytest.raises((DataError, OpsinError), match=message):
        call(ours.losses)
