"""Accuracies are Keras's, over several batches, weighted or not."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError

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
    ("Accuracy", {}, Y, (Y + (np.arange(60) > 40)).astype(np.float32)),
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


def test_other_shapes_say_so():
    with pytest.raises(DataError, match="sparse_categorical_accuracy got targets for"):
        ours.metrics.sparse_categorical_accuracy(torch.zeros(3), torch.zeros(4, 2))
