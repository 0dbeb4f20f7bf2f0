"""History: values and names of each epoch."""

import numpy as np
import pytest

from opsin import keras as ours


@pytest.mark.parametrize("name", ["accuracy", "acc", "mae"])
def test_names_and_epochs_match_keras(twins, describe, images, name):
    x, y = images
    kept = []
    for model in twins(describe):
        model.compile("sgd", "categorical_crossentropy", metrics=[name])
        history = model.fit(x, np.eye(3)[y], epochs=5, initial_epoch=3, validation_split=0.25, verbose=0)
        assert model.history is history
        kept.append((list(history.history), history.epoch))
    assert kept[1] == kept[0]
    assert f"val_{name}" in kept[1][0]


def test_a_history_given_as_a_callback_goes_on(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    own = ours.callbacks.History()
    for _ in range(2):
        model.fit(*images, epochs=1, verbose=0, callbacks=[own])
    assert len(own.history["loss"]) == 2
