"""How the losses of a batch become one; losses of one's own."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError


def test_a_loss_of_your_own(oracle, twins, describe, images):
    x, y = images

    def off(y_true, y_pred):
        return (y_true - y_pred).abs().mean(-1) ** 2

    found = []
    for model in twins(describe):
        model.compile("sgd", off)
        found.append(model.fit(x, np.eye(3)[y], shuffle=False, verbose=0).history["loss"])
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)


def test_a_class_of_your_own(describe, images):
    class Distance(ours.losses.Loss):
        def call(self, y_true, y_pred):
            return (y_true - y_pred).abs().sum(-1)

    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", Distance())
    hot = np.eye(3)[y]
    expected = np.abs(hot - model.predict(x, verbose=0)).sum(-1).mean()
    assert model.evaluate(x, hot, verbose=0) == pytest.approx(expected, rel=1e-4)


def test_an_unknown_reduction_lists_the_known():
    with pytest.raises(OpsinError, match=r"reduction='average'. Expected one of 'sum_over_batch_size'"):
        ours.losses.MeanSquaredError(reduction="average")
