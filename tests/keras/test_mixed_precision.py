"""The policy rounds products, not weights, and float32 is the default."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import OpsinError


def test_mixed_precision_is_near_and_float32_by_default(describe, images):
    x, _ = images
    model = ours.Sequential(describe(ours.layers))
    exact = model.predict(x, verbose=0)
    try:
        ours.mixed_precision.set_global_policy("mixed_bfloat16")
        rounded = model.predict(x, verbose=0)
    finally:
        ours.mixed_precision.set_global_policy("float32")
    assert 0 < np.abs(exact - rounded).max() < 0.05
    with pytest.raises(OpsinError, match="Expected one of float32"):
        ours.mixed_precision.set_global_policy("int8")


def test_it_learns_and_weights_stay_float32(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile(ours.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    ours.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        losses = model.fit(*images, epochs=8, verbose=0).history["loss"]
    finally:
        ours.mixed_precision.set_global_policy("float32")
    assert losses[-1] < losses[0] / 2
    assert all(weight.dtype == torch.float32 for weight in model.weights)
