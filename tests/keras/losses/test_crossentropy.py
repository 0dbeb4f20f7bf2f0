"""Cross-entropies say what Keras's say; their extremes stay finite."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError, OpsinError

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), (6, 5)).astype(np.float32)
HOT = np.eye(4, dtype=np.float32)[GENERATOR.integers(0, 4, (6, 5))]

ONE_HOT = np.eye(3, dtype=np.float32)
NAMES = ["CategoricalCrossentropy", "BinaryCrossentropy"]
# loss, its settings, units, last activation, targets from class numbers
FITTED = [
    ("CategoricalCrossentropy", {}, 3, "softmax", lambda y: ONE_HOT[y]),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, 3, "softmax", lambda y: ONE_HOT[y]),
    ("CategoricalCrossentropy", {"from_logits": True}, 3, None, lambda y: ONE_HOT[y]),
    ("SparseCategoricalCrossentropy", {}, 3, "softmax", lambda y: y),
    ("SparseCategoricalCrossentropy", {}, 3, "softmax", lambda y: y[:, None]),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, 3, None, lambda y: y),
    ("BinaryCrossentropy", {}, 1, "sigmoid", lambda y: y % 2),
    ("BinaryCrossentropy", {"from_logits": True}, 1, None, lambda y: (y % 2)[:, None]),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, 3, "sigmoid", lambda y: ONE_HOT[y]),
]


def test_a_class_can_be_left_out(oracle):
    y = HOT.argmax(-1)
    for ignored in (None, 2):
        actual, expected = (
            keras.losses.SparseCategoricalCrossentropy(ignore_class=ignored)(y, P) for keras in (ours, oracle)
        )
        assert float(actual) == pytest.approx(float(expected), rel=1e-5)


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


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize("name", NAMES)
def test_called_by_itself(call_both, name, reduction):
    call_both(name, reduction)


@pytest.mark.parametrize("case", FITTED, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_fit_matches_keras(fit_case, case):
    fit_case(case)


@pytest.mark.parametrize(("call", "message"), [
    (lambda k: k.categorical_crossentropy(torch.zeros(3), torch.zeros(3, 4)), r"to_categorical\(y, 4\)"),
    (lambda k: k.sparse_categorical_crossentropy(torch.tensor([4]), torch.zeros(1, 4)), "from 4 to 4. Expected"),
    (lambda k: k.CategoricalCrossentropy(label_smoothing=2), "label_smoothing=2. Expected a number from 0 to 1"),
    (lambda k: k.categorical_crossentropy(torch.zeros(2, 2), torch.zeros(2, 2), axis=0), "axis=0. Expected -1"),
])  # fmt: skip
def test_errors_name_the_fix(call, message):
    with pytest.raises((DataError, OpsinError), match=message):
        call(ours.losses)
