"""Activations called by themselves say what Keras's say, along the last axis."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import NetworkError

NAMES = sorted(name for name, one in vars(ours.activations).items() if isinstance(one, ours.activations.Activation))


@pytest.mark.parametrize("name", NAMES)
def test_values_match_keras(oracle, name):
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32) * 3
    expected = np.asarray(oracle.ops.convert_to_numpy(getattr(oracle.activations, name)(x)))
    np.testing.assert_allclose(getattr(ours.activations, name)(torch.from_numpy(x)).numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(ours.activations.get(name)(torch.from_numpy(x)).numpy(), expected, atol=1e-5)


def test_nothing_is_linear_and_an_unknown_name_lists_the_known():
    x = torch.randn(2, 3)
    assert torch.equal(ours.activations.get(None)(x), x)
    with pytest.raises(NetworkError, match=r"got 'rleu'.*'relu'"):
        ours.activations.get("rleu")
