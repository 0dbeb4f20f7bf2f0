"""The same numbers to watch, in Keras's fit and in Opsin's."""

import numpy as np
import pytest

from opsin import keras as ours

VALUES = [1.0, 0.9, 0.95, 0.91, 0.5, 0.6, 0.49, 0.7, 0.8, 0.9, 1.0, 1.1]


def scripted(keras):
    """A callback that sets val_loss to VALUES."""

    class Scripted(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["val_loss"] = VALUES[epoch]
            logs["val_accuracy"] = -VALUES[epoch]

    return Scripted()


@pytest.fixture
def fit_scripted(oracle, twins, describe, images):
    """A function that fits both under the callback `make(keras)`; gives callback, history and model of each."""

    def fit(make, epochs=12):
        x, y = images
        found = []
        for keras, model in zip((oracle, ours), twins(describe), strict=True):
            model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
            callback = make(keras)
            called = [scripted(keras), callback]
            history = model.fit(x, y, epochs=epochs, shuffle=False, verbose=0, callbacks=called)
            found.append((callback, history, model))
        for a, b in zip(found[0][2].get_weights(), found[1][2].get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)
        assert found[0][1].epoch == found[1][1].epoch
        return found

    return fit
