"""Evaluate and predict say what Keras's say; old words mean what they mean there."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError


def test_evaluate_and_predict_match_keras(twins, describe, images):
    x, y = images
    theirs, mine = twins(describe)
    for model in (theirs, mine):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    np.testing.assert_allclose(mine.predict(x, verbose=0), theirs.predict(x, verbose=0), atol=1e-5)
    np.testing.assert_allclose(mine.evaluate(x, y, verbose=0), theirs.evaluate(x, y, verbose=0), atol=1e-5)
    actual, expected = (m.evaluate(x, y, verbose=0, return_dict=True, batch_size=7) for m in (mine, theirs))
    assert set(actual) == set(expected)
    for key, value in expected.items():
        assert actual[key] == pytest.approx(value, abs=1e-5)
    weights = np.linspace(0, 2, len(y)).astype(np.float32)
    actual, expected = (m.evaluate(x, y, sample_weight=weights, verbose=0) for m in (mine, theirs))
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_fit_before_compile_says_so(describe):
    model = ours.Sequential(describe(ours.layers))
    with pytest.raises(OpsinError, match=r"not compiled. Fix: before fit, call model.compile"):
        model.fit(np.zeros((1, 8, 8, 3)), np.zeros(1))


def test_old_words_of_scripts_mean_what_they_mean_in_keras(oracle):
    x, y = np.random.default_rng(0).random((12, 4), np.float32), np.arange(12) % 2
    kept = []
    for keras in (oracle, ours):
        model = keras.Sequential()
        model.add(keras.layers.Dense(units=10, input_dim=4))
        model.add(keras.layers.Activation("relu"))
        model.add(keras.layers.Dropout(0.5))
        model.add(keras.layers.Dense(1, activation="sigmoid"))
        model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])
        history = model.fit(x, y, epochs=2, batch_size=4, validation_split=0.25, verbose=0)
        kept.append((list(history.history), model.input_shape, len(model.evaluate(x, y, verbose=0))))
        assert not hasattr(model, "predict_classes")
    assert kept[1] == kept[0]
    assert kept[1][0] == ["acc", "loss", "val_acc", "val_loss"]


def test_one_batch_is_learned_from_as_in_keras(twins, describe, images):
    x, y = images
    kept = []
    for model in twins(describe):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        actual = model.train_on_batch(x[:8], y[:8])
        kept.append((actual, model.predict_on_batch(x), model.evaluate(x, y, verbose=0, return_dict=True)))
    np.testing.assert_allclose(kept[1][0], kept[0][0], atol=1e-5)
    np.testing.assert_allclose(kept[1][1], kept[0][1], atol=1e-5)
    assert kept[1][2] == pytest.approx({key: float(value) for key, value in kept[0][2].items()}, abs=1e-5)


@pytest.mark.parametrize(("change", "message"), [
    ({"epochs": 1.5}, "epochs is 1.5"),
    ({"verbose": 3}, "verbose is 3"),
    ({"callbacks": ["early"]}, "Expected objects of keras.callbacks"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(describe, change, message):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    given = {"x": np.zeros((4, 8, 8, 3)), "y": np.zeros(4, int), "verbose": 0} | change
    with pytest.raises(OpsinError, match=message):
        model.fit(**given)


def test_batches_need_a_shape_before_they_come():
    model = ours.Sequential([ours.layers.Dense(2)])
    model.compile("sgd", "mse")
    with pytest.raises(OpsinError, match=r"has no input shape. Fix: give its first layer one"):
        model.fit(iter([(np.zeros((2, 4)), np.zeros((2, 2)))]), verbose=0)
