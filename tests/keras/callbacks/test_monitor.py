"""Early stopping and the plateau act in the same epochs as Keras's."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError

STOPPING = [
    {},
    {"patience": 1},
    {"patience": 2},
    {"patience": 3, "min_delta": 0.05},
    {"patience": 3, "restore_best_weights": True},
    {"patience": 2, "restore_best_weights": True, "start_from_epoch": 4},
    {"patience": 1, "start_from_epoch": 2},
    {"patience": 3, "baseline": 0.6},
    {"patience": 2, "baseline": 0.1, "restore_best_weights": True},
    {"patience": 2, "mode": "max"},
    {"patience": 2, "monitor": "val_accuracy"},
    {"patience": 2, "monitor": "loss"},
]


@pytest.mark.parametrize("settings", STOPPING, ids=str)
def test_early_stopping_stops_and_restores_as_keras(fit_scripted, settings):
    (theirs, *_), (mine, *_) = fit_scripted(lambda keras: keras.callbacks.EarlyStopping(**settings))
    assert (mine.stopped_epoch, mine.best_epoch, mine.best) == (
        theirs.stopped_epoch, theirs.best_epoch, pytest.approx(theirs.best, abs=1e-5))  # fmt: skip


@pytest.mark.parametrize("settings", [
    {"patience": 1, "factor": 0.5}, {"patience": 2, "cooldown": 2, "factor": 0.5}, {"patience": 1, "min_lr": 0.004},
    {"patience": 1, "min_delta": 0.2},
], ids=str)  # fmt: skip
def test_learning_rate_falls_in_the_same_epochs(fit_scripted, settings):
    found = fit_scripted(lambda keras: keras.callbacks.ReduceLROnPlateau(**settings))
    rates = [history.history["learning_rate"] for _, history, _ in found]
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-5)
    assert len(set(rates[1])) > 1


def test_a_number_that_is_not_there_warns(describe, images):
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(UserWarning, match=r"'val_loss', which is missing. Expected one of loss"):
        model.fit(x, y, verbose=0, callbacks=[ours.callbacks.EarlyStopping()])


def test_a_metric_of_your_own_needs_a_mode(describe, images):
    def spread(y_true, y_pred):
        return y_pred.std(-1)

    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=[spread])
    with pytest.raises(OpsinError, match=r"cannot infer the direction of 'val_spread'. Fix: mode='max'"):
        model.fit(*images, verbose=0, validation_split=0.25, callbacks=[ours.callbacks.EarlyStopping("val_spread")])


@pytest.mark.parametrize(("make", "message"), [
    (lambda c: c.EarlyStopping(mode="up"), "'auto', 'min' or 'max'"),
    (lambda c: c.ReduceLROnPlateau(factor=1.5), "factor=1.5"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(OpsinError, match=message):
        make(ours.callbacks)


def test_what_is_said_matches_keras(oracle, fit_scripted, capsys):
    actual = []

    def make(keras):
        actual.append(capsys.readouterr().out)
        return keras.callbacks.EarlyStopping(patience=2, verbose=1, restore_best_weights=True)

    fit_scripted(make)
    actual.append(capsys.readouterr().out)
    assert actual[2] == actual[1] != ""
