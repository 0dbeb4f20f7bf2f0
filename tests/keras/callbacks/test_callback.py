"""Callbacks of one's own are called when and with what Keras calls them."""

import pytest

from opsin import keras as ours
from opsin.core import OpsinError


def test_own_callbacks_are_called_as_keras_calls_them(oracle, twins, describe, images):
    x, y = images
    calls = []
    for keras, model in zip((oracle, ours), twins(describe), strict=True):
        seen = []

        class Listening(keras.callbacks.Callback):
            pass

        def hooked(name, seen=seen):
            def hook(self, *given, logs=None):
                numbers = [one for one in given if isinstance(one, int)]
                actual = next((one for one in given if isinstance(one, dict)), logs or {})
                seen.append((name, *numbers, *sorted(actual)))

            return hook

        for name in dir(keras.callbacks.Callback):
            whole = name.startswith("on_") and "batch" not in name
            if whole or name in ("on_train_batch_end", "on_predict_batch_end"):
                setattr(Listening, name, hooked(name))
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=8, epochs=2, verbose=0, callbacks=[Listening()], validation_split=0.25)
        model.predict(x, verbose=0, callbacks=[Listening()])
        calls.append([(name, *rest) for name, *rest in seen if not name.startswith(("on_predict_batch", "on_test"))])
        counted = [name for name, *_ in seen]
        calls[-1].append(("tests", counted.count("on_test_begin"), counted.count("on_test_end")))
    assert calls[1] == calls[0]


def test_functions_are_hooks_and_the_model_is_at_hand(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    seen = []
    counting = ours.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))), on_train_end=None
    )
    model.fit(*images, epochs=2, verbose=0, callbacks=counting)
    assert seen == [(0, ["loss"]), (1, ["loss"])]
    assert counting.model is model and counting.params == {"verbose": 0, "epochs": 2, "steps": 1}


def test_a_hook_that_is_not_there_lists_those_that_are():
    with pytest.raises(OpsinError, match=r"no hook 'on_epoch_ends'. Expected one of on_train_begin"):
        ours.callbacks.LambdaCallback(on_epoch_ends=print)
