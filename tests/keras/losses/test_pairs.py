"""Shapes of targets and outputs."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError


def test_a_missing_last_axis_is_added():
    assert ours.losses.mean_squared_error([1.0, 2.0], [[1.0], [4.0]]).tolist() == [0.0, 4.0]


def test_other_shapes_say_which_loss_and_which_shapes():
    message = r"mean_absolute_error got targets of shape \(3, 2\) for outputs of shape \(3, 4\). Expected equal shapes"
    with pytest.raises(DataError, match=message):
        ours.losses.mean_absolute_error(torch.zeros(3, 2), torch.zeros(3, 4))


def test_whole_numbers_are_targets_too():
    assert ours.losses.MeanAbsoluteError()(np.array([[1], [3]]), np.array([[1.5], [3.5]])) == pytest.approx(0.5)
