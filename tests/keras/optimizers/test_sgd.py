"""Gradient descent steps as Keras's does."""

import pytest

from opsin import keras as ours
from opsin.core import OpsinError

SETTINGS = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"learning_rate": 0.5, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.5, "clipvalue": 0.01}),
    ("SGD", {"learning_rate": 0.5, "global_clipnorm": 0.1}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_steps_as_keras(oracle, twins, describe, images, fit_both, name, settings):
    x, y = images

    def compiled(keras):
        optimizer = getattr((keras or oracle).optimizers, name)(**settings)
        return {"optimizer": optimizer, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

    fit_both(twins(describe), x, y, compiled, validation_split=0.25)


def test_wrong_momentum_says_what_is_expected():
    with pytest.raises(OpsinError, match=r"momentum=2. Expected a number from 0 to 1"):
        ours.optimizers.SGD(momentum=2)
