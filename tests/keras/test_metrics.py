"""Metrics say what Keras's say, batch by batch, weighted or not."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import OpsinError
from opsin.keras.metrics.names import get

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), 60).astype(np.float32)
Y = GENERATOR.integers(0, 4, 60)
HOT = np.eye(4, dtype=np.float32)[Y]
BINARY = (Y % 2).astype(np.float32)
CASES = [
    ("CategoricalAccuracy", {}, HOT, P),
    ("SparseCategoricalAccuracy", {}, Y, P),
    ("SparseCategoricalAccuracy", {}, Y[:, None], P),
    ("BinaryAccuracy", {"threshold": 0.3}, BINARY[:, None], P[:, :1]),
    ("BinaryAccuracy", {}, HOT, P),
    ("TopKCategoricalAccuracy", {"k": 2}, HOT, P),
    ("SparseTopKCategoricalAccuracy", {"k": 3}, Y, P),
    ("MeanSquaredError", {}, HOT, P),
    ("MeanAbsoluteError", {}, HOT, P),
    ("RootMeanSquaredError", {}, HOT, P),
    ("AUC", {}, BINARY, P[:, 0]),
    ("AUC", {"num_thresholds": 11}, HOT, P),
    ("Precision", {}, HOT, P),
    ("Recall", {"thresholds": 0.3}, BINARY, P[:, 1]),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}{case[1]}{case[2].shape}")
def test_every_metric_is_kerass(oracle, case, weighted):
    name, settings, y, p = case
    oracle.backend.clear_session()
    ours.backend.clear_session()
    found = []
    for keras in (oracle, ours):
        metric = getattr(keras.metrics, name)(**settings)
        for start in range(0, 60, 25):
            rows = slice(start, start + 25)
            weights = np.linspace(0.1, 2, 60, dtype=np.float32)[rows] if weighted else None
            metric.update_state(y[rows], p[rows], sample_weight=weights)
        found.append((float(metric.result()), metric.name))
    assert found[1][0] == pytest.approx(found[0][0], abs=1e-5)
    assert found[1][1] == found[0][1]


@pytest.mark.parametrize(("units", "targets", "expected"), [
    (1, (5,), "BinaryAccuracy"), (1, (5, 1), "BinaryAccuracy"), (4, (5,), "SparseCategoricalAccuracy"),
    (4, (5, 1), "SparseCategoricalAccuracy"), (4, (5, 4), "CategoricalAccuracy"),
])  # fmt: skip
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_becomes_the_one_that_fits(oracle, units, targets, expected, name):
    from keras.src.trainers.compile_utils import get_metric

    batch = torch.zeros(targets), torch.zeros(5, units)
    assert type(get(name, *batch)).__name__ == type(get_metric(name, *batch)).__name__ == expected
    assert get(name, *batch).name == name


def test_reset_forgets():
    metric = ours.metrics.CategoricalAccuracy()
    metric.update_state(HOT, HOT)
    assert metric.result() == 1.0
    metric.reset_state()
    assert metric.result() == 0.0


def test_a_function_of_your_own_is_a_metric(oracle, twins, describe, images):
    x, y = images

    def spread(y_true, y_pred):
        return y_pred.std(-1)

    found = []
    for model in twins(describe):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=[spread])
        found.append(model.evaluate(x, y, verbose=0, return_dict=True)["spread"])
    assert found[1] == pytest.approx(found[0], abs=1e-5)


def test_an_unknown_metric_lists_the_known():
    with pytest.raises(OpsinError, match=r"there is no metric 'f1'; expected one of accuracy, binary_accuracy, .*mse"):
        get("f1")
    with pytest.raises(OpsinError, match="curve='ROC'"):
        ours.metrics.AUC(curve="PR")
