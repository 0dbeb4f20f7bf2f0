"""Callbacks act in the same epochs as Keras's."""

import csv

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError


class Script:
    """Makes the fit of both report a scripted val_loss, so that callbacks see the same numbers in both."""

    def __init__(self, values):
        self.values = values

    def callback(self, keras):
        values = self.values

        class Scripted(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                logs["val_loss"] = values[epoch]
                logs["val_accuracy"] = -values[epoch]

        return Scripted()


VALUES = [1.0, 0.9, 0.95, 0.91, 0.5, 0.6, 0.49, 0.7, 0.8, 0.9, 1.0, 1.1]
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


def fit_both(oracle, pair, images, make, epochs=12, **told):
    x, y = images
    found = []
    for keras, model in zip((oracle, ours), pair, strict=True):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"], **told)
        callback = make(keras)
        history = model.fit(
            x, y, epochs=epochs, shuffle=False, verbose=0, callbacks=[Script(VALUES).callback(keras), callback]
        )
        found.append((callback, history, model))
    for a, b in zip(found[0][2].get_weights(), found[1][2].get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)
    assert found[0][1].epoch == found[1][1].epoch
    return found


@pytest.mark.parametrize("settings", STOPPING, ids=str)
def test_early_stopping_stops_and_restores_as_keras(oracle, twins, describe, images, settings):
    (theirs, *_), (mine, *_) = fit_both(
        oracle, twins(describe), images, lambda keras: keras.callbacks.EarlyStopping(**settings)
    )
    assert (mine.stopped_epoch, mine.best_epoch, mine.best) == (
        theirs.stopped_epoch, theirs.best_epoch, pytest.approx(theirs.best, abs=1e-5))  # fmt: skip


@pytest.mark.parametrize("settings", [
    {"patience": 1, "factor": 0.5}, {"patience": 2, "cooldown": 2, "factor": 0.5}, {"patience": 1, "min_lr": 0.004},
    {"patience": 1, "min_delta": 0.2},
], ids=str)  # fmt: skip
def test_learning_rate_falls_in_the_same_epochs(oracle, twins, describe, images, settings):
    found = fit_both(oracle, twins(describe), images, lambda keras: keras.callbacks.ReduceLROnPlateau(**settings))
    rates = [history.history["learning_rate"] for _, history, _ in found]
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-5)
    assert len(set(rates[1])) > 1


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 0.1 / (epoch + 1)])
def test_learning_rate_scheduler(oracle, twins, describe, images, schedule):
    found = fit_both(
        oracle, twins(describe), images, lambda keras: keras.callbacks.LearningRateScheduler(schedule), epochs=3
    )
    rates = [history.history["learning_rate"] for _, history, _ in found]
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-5)


@pytest.mark.parametrize("settings", [
    {"save_best_only": True}, {"save_best_only": True, "initial_value_threshold": 0.92},
    {"save_best_only": True, "monitor": "val_accuracy"}, {"save_best_only": True, "mode": "max"}, {},
], ids=str)  # fmt: skip
def test_checkpoints_are_written_in_the_same_epochs(oracle, twins, describe, images, tmp_path, settings):
    def make(keras):
        path = tmp_path / keras.__name__ / "m-{epoch:02d}-{val_loss:.2f}.keras"
        return keras.callbacks.ModelCheckpoint(str(path), **settings)

    fit_both(oracle, twins(describe), images, make, epochs=8)
    written = [sorted(path.name for path in (tmp_path / keras.__name__).iterdir()) for keras in (oracle, ours)]
    assert written[1] == written[0]


def test_a_checkpoint_holds_the_weights_of_its_epoch(describe, images, tmp_path):
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("adam", "sparse_categorical_crossentropy")
    kept = []
    model.fit(x, y, epochs=3, verbose=0, callbacks=[
        ours.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(model.get_weights())),
        ours.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras"),
        ours.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True),
    ])  # fmt: skip
    again = ours.models.load_model(tmp_path / "2.keras")
    for a, b in zip(again.get_weights(), kept[1], strict=True):
        np.testing.assert_array_equal(a, b)
    model.load_weights(tmp_path / "1.weights.h5")
    for a, b in zip(model.get_weights(), kept[0], strict=True):
        np.testing.assert_array_equal(a, b)


def test_saving_by_batches(describe, images, tmp_path):
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("adam", "sparse_categorical_crossentropy")
    saver = ours.callbacks.ModelCheckpoint(tmp_path / "{epoch}-{batch}.keras", save_freq=2)
    model.fit(x, y, epochs=2, batch_size=8, verbose=0, callbacks=[saver])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-2.keras", "2-1.keras", "2-3.keras"]


def test_the_log_is_kerass(oracle, twins, describe, images, tmp_path):
    x, y = images
    rows = []
    for keras, model in zip((oracle, ours), twins(describe), strict=True):
        path = tmp_path / f"{keras.__name__}.csv"
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, epochs=2, shuffle=False, verbose=0, validation_split=0.25,
                  callbacks=[keras.callbacks.CSVLogger(str(path))])  # fmt: skip
        rows.append(list(csv.reader(path.open())))
    assert rows[1][0] == rows[0][0]
    np.testing.assert_allclose(np.array(rows[1][1:], float), np.array(rows[0][1:], float), atol=1e-4)


def test_a_loss_that_is_no_number_stops(describe, images, capsys):
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    history = model.fit(x * np.nan, y, epochs=3, verbose=0, callbacks=[ours.callbacks.TerminateOnNaN()])
    assert history.epoch == [0]
    assert "Batch 0: Invalid loss, terminating training" in capsys.readouterr().out


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
                said = next((one for one in given if isinstance(one, dict)), logs or {})
                seen.append((name, *numbers, *sorted(said)))

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


@pytest.mark.parametrize(("make", "message"), [
    (lambda c: c.EarlyStopping(mode="up"), "'auto', 'min' or 'max'"),
    (lambda c: c.ModelCheckpoint("model.pt"), "ends in .keras"),
    (lambda c: c.ModelCheckpoint("model.keras", save_weights_only=True), r"ends in .weights.h5"),
    (lambda c: c.ReduceLROnPlateau(factor=1.5), "for factor, got 1.5"),
    (lambda c: c.ModelCheckpoint("model.keras", save_freq=0), "for save_freq, got 0"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(OpsinError, match=message):
        make(ours.callbacks)


def test_a_number_that_is_not_there_warns(describe, images):
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(UserWarning, match=r"'val_loss', which is not there; there are loss"):
        model.fit(x, y, verbose=0, callbacks=[ours.callbacks.EarlyStopping()])


def test_what_is_printed_is_kerass(oracle, twins, describe, images, capsys):
    import re

    x, y = images
    printed = []
    for model in twins(describe):
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=2, validation_split=0.25)
        text = capsys.readouterr().out
        printed.append(re.sub(r"\d+(s|ms|us)(/step)?", "T", text))
    lines = [text.splitlines() for text in printed]
    assert [re.sub(r"\d\.\d+", "N", line) for line in lines[1]] == [re.sub(r"\d\.\d+", "N", line) for line in lines[0]]
    model.fit(x, y, batch_size=8, epochs=1, verbose=1)
    said = capsys.readouterr().out
    assert re.fullmatch(r"3/3 ━{20} \d+s \d+[mu]?s/step - accuracy: \S+ - loss: \S+\n", said)
    model.fit(x, y, verbose=0)
    assert capsys.readouterr().out == ""
