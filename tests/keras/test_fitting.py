"""fit does what Keras's does: the same History and the same weights, from the same start."""

import os
import signal

import numpy as np
import pytest

from opsin import keras as ours

HOT = np.eye(3, dtype=np.float32)


def test_class_weight_matches_keras(twins, describe, images, fit_both, compiled):
    x, y = images
    fit_both(twins(describe), x, HOT[y], compiled, class_weight={0: 1.0, 1: 5.0, 2: 0.5}, validation_split=0.2)


def test_class_weight_of_class_numbers_matches_keras(twins, describe, images, fit_both):
    x, y = images
    options = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    fit_both(twins(describe), x, y, lambda keras: options, class_weight={0: 3.0, 1: 1.0, 2: 0.5})


def test_sample_weight_matches_keras(twins, describe, images, fit_both, compiled):
    x, y = images
    weights = np.linspace(0, 2, len(y)).astype(np.float32)
    fit_both(twins(describe), x, HOT[y], compiled, sample_weight=weights, validation_split=0.2)


def test_validation_data_matches_keras(twins, describe, images, fit_both, compiled):
    x, y = images
    held_out = (x[:7], HOT[y[:7]], np.linspace(1, 2, 7).astype(np.float32))
    fit_both(twins(describe), x, HOT[y], compiled, validation_data=held_out, validation_freq=2, epochs=4)


def test_initial_epoch_and_history(twins, describe, images, fit_both, compiled):
    x, y = images
    fit_both(twins(describe), x, HOT[y], compiled, initial_epoch=2, epochs=4)


def test_interrupt_leaves_a_usable_model(describe, images):

    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")

    def stop(epoch, logs):
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=50, verbose=0, callbacks=[ours.callbacks.LambdaCallback(on_epoch_end=stop)])
    assert model.history.epoch == [0, 1]
    assert np.isfinite(model.predict(x, verbose=0)).all()
    assert not any(module._forward_hooks for module in model.network.modules())
    model.fit(x, y, epochs=1, verbose=0)


@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_test_batch_end", "on_epoch_end"])
def test_a_stop_is_heeded_wherever_it_comes(describe, images, hook):
    """Also in the validation or at the end of the last epoch, where no step follows."""
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = signal.getsignal(signal.SIGINT)  # ignored where the tests run in the background
    asking = ours.callbacks.LambdaCallback(**{hook: lambda *_: os.kill(os.getpid(), signal.SIGINT)})
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, epochs=1, verbose=0, validation_data=(x, y), callbacks=[asking])
    assert np.isfinite(model.evaluate(x, y, verbose=0))
    assert signal.getsignal(signal.SIGINT) is before
