"""Moving averages of batch normalization are Keras's."""

import numpy as np
import torch

from opsin.keras.moving_variance import keras_moving_variance

HOT = np.eye(3, dtype=np.float32)


def test_batch_normalization_matches_keras(twins, describe, images, fit_both, compiled):
    x, y = images

    def normalized(layers):
        first, *rest = describe(layers)
        return [first, layers.BatchNormalization(momentum=0.5), *rest]

    fit_both(twins(normalized), x, HOT[y], compiled, validation_split=0.2)


def test_variances_are_those_of_the_whole_batch():
    layer = torch.nn.BatchNorm1d(2, momentum=1.0)
    x = torch.randn(5, 2)
    with keras_moving_variance(layer) as correct:
        layer(x)
        correct()
    torch.testing.assert_close(layer.running_var, x.var(0, unbiased=False))
    layer(x)
    torch.testing.assert_close(layer.running_var, x.var(0))
