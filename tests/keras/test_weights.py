"""Weights in Keras's order and axes."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import NetworkError
from opsin.keras import weights


def test_weights_are_in_keras_order_and_axes(twins):
    def network(layers):
        return [
            layers.Input((9, 9, 4)), layers.Conv2D(6, (3, 2), groups=2), layers.Conv2D(6, 1, groups=6),
            layers.SeparableConv2D(5, 3), layers.BatchNormalization(), layers.DepthwiseConv2D(2, depth_multiplier=3),
            layers.Conv2DTranspose(4, 3, strides=2), layers.LayerNormalization(), layers.GroupNormalization(2),
            layers.Flatten(), layers.Dense(7),
        ]  # fmt: skip

    theirs, mine = twins(network)
    x = np.random.default_rng(0).normal(size=(3, 9, 9, 4)).astype(np.float32)
    generator = np.random.default_rng(1)
    values = [generator.uniform(0.5, 1, w.shape).astype(np.float32) for w in theirs.get_weights()]
    for model in (theirs, mine):
        model.set_weights(values)
    assert [w.shape for w in mine.get_weights()] == [w.shape for w in theirs.get_weights()]
    for a, b in zip(mine.get_weights(), values, strict=True):
        np.testing.assert_array_equal(a, b)
    expected = theirs.predict(x, verbose=0)
    np.testing.assert_allclose(mine.predict(x, verbose=0) / expected, 1, rtol=1e-4)
    assert mine.count_params() == theirs.count_params()
    assert mine.input_shape == theirs.input_shape and mine.output_shape == theirs.output_shape
    assert len(mine.trainable_weights) == len(theirs.trainable_weights)


def test_weights_of_another_shape_say_which(describe):
    model = ours.Sequential(describe(ours.layers))
    values = model.get_weights()
    with pytest.raises(NetworkError, match=r"weight 0 of shape \(3, 3, 3, 5\). Expected \(3, 3, 3, 4\)"):
        model.set_weights([np.zeros((3, 3, 3, 5)), *values[1:]])
    with pytest.raises(NetworkError, match=r"got 3 weights. Expected 4"):
        model.set_weights(values[:3])
    with pytest.raises(NetworkError, match="has no layer 'x'; it has conv2d"):
        model.get_layer("x")


@pytest.mark.parametrize("module", [
    torch.nn.Linear(3, 4), torch.nn.Conv1d(3, 4, 5), torch.nn.Conv2d(3, 4, (5, 2)), torch.nn.Conv3d(2, 3, 2),
    torch.nn.BatchNorm2d(3), torch.nn.ConvTranspose2d(2, 5, 3),
], ids=lambda module: type(module).__name__)  # fmt: skip
def test_reading_and_writing_undo_each_other(module):
    before = weights.read(module)
    weights.write("layer", module, [value + 1 for value in before])
    for a, b in zip(weights.read(module), before, strict=True):
        np.testing.assert_allclose(a, b + 1)
