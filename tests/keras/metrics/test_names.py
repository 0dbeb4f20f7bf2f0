"""Metrics by name; 'accuracy' becomes the one that fits."""

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
    ("MeanSquaredError", {}, HOT, P),
    ("MeanAbsoluteError", {}, HOT, P),
    ("RootMeanSquaredError", {}, HOT, P),
]


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


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}{case[1]}{case[2].shape}")
def test_every_metric_matches_keras(update_both, case, weighted):
    update_both(case, weighted)


def test_an_unknown_metric_lists_the_known():
    with pytest.raises(OpsinError, match=r"Unknown metric 'f1'. Expected one of accuracy, binary_accuracy, .*mse"):
        get("f1")


@pytest.mark.parametrize("make", [
    lambda m: m.AUC(50, curve="PR", summation_method="minoring"), lambda m: m.AUC(thresholds=[0.2, 0.7]),
    lambda m: m.Precision(0.3), lambda m: m.TopKCategoricalAccuracy(3),
])  # fmt: skip
def test_a_description_makes_an_equal_metric(oracle, make):
    for keras in (ours, oracle):
        described = make(keras.metrics)
        config = {"class_name": type(described).__name__, "config": described.get_config()}
        again = get(config)
        assert again(HOT, P) == pytest.approx(float(described(HOT, P)), abs=1e-5)


def test_a_setting_that_opsin_has_not_is_refused(oracle):
    described = oracle.metrics.AUC(multi_label=True, num_labels=4)
    with pytest.raises(OpsinError, match=r"AUC does not support multi_label.*Expected arguments: num_thresholds"):
        get({"class_name": "AUC", "config": described.get_config()})
