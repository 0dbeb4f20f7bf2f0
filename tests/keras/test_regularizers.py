"""Regularizers add to the loss what Keras's add."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import NetworkError

HOT = np.eye(3, dtype=np.float32)


def test_regularizers_match_keras(oracle, twins, describe, images, fit_both, compiled):
    x, y = images

    def regularized(layers):
        regularizers = (ours if layers is ours.layers else oracle).regularizers
        return [
            layers.Conv2D(4, 3, kernel_regularizer=regularizers.l2(0.05), bias_regularizer="l1", input_shape=(8, 8, 3)),
            layers.DepthwiseConv2D(3, depthwise_regularizer=regularizers.L1L2(0.01, 0.02)),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ]

    fit_both(twins(regularized), x, HOT[y], compiled, validation_split=0.2)


@pytest.mark.parametrize(("make", "message"), [
    (lambda k: k.regularizers.l2(-1), "l2=-1. Expected a number of at least 0"),
    (lambda k: k.regularizers.L1("a lot"), "l1='a lot'. Expected a number of at least 0"),
    (lambda k: k.layers.Dense(3, kernel_regularizer="l3"), "got 'l3' for kernel_regularizer"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(NetworkError, match=message):
        make(ours)
