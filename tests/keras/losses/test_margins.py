"""Hinges say what Keras's say."""

import numpy as np
import pytest
import torch

from opsin import keras as ours

ONE_HOT = np.eye(3, dtype=np.float32)
NAMES = ["Hinge", "SquaredHinge"]
# loss, its settings, units, last activation, targets from class numbers
FITTED = [
    ("Hinge", {}, 3, "tanh", lambda y: ONE_HOT[y]),
    ("SquaredHinge", {}, 3, "tanh", lambda y: ONE_HOT[y]),
]


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight", None])
@pytest.mark.parametrize("name", NAMES)
def test_called_by_itself(call_both, name, reduction):
    call_both(name, reduction)


@pytest.mark.parametrize("case", FITTED, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_fit_matches_keras(fit_case, case):
    fit_case(case)


def test_classes_of_0_and_1_count_as_signs():
    output = torch.tensor([[0.3], [-0.2]])
    signs, classes = torch.tensor([[-1.0], [1.0]]), torch.tensor([[0.0], [1.0]])
    torch.testing.assert_close(ours.losses.hinge(classes, output), ours.losses.hinge(signs, output))
    torch.testing.assert_close(ours.losses.hinge(signs, output), torch.tensor([1.3, 1.2]))
