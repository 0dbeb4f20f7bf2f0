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
def test_every_metric_matches_keras(update_both, case, weighted):
    update_both(case, weighted)


def test_other_shapes_say_so():
    with pytest.raises(DataError, match="sparse_categorical_accuracy got targets for"):
        ours.metrics.sparse_categorical_accuracy(torch.zeros(3), torch.zeros(4, 2))
