"""Files are written in the same epochs as Keras's and hold the weights of theirs."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError


@pytest.mark.parametrize("settings", [
    {"save_best_only": True}, {"save_best_only": True, "initial_value_threshold": 0.92},
    {"save_best_only": True, "monitor": "val_accuracy"}, {"save_best_only": True, "mode": "max"}, {},
], ids=str)  # fmt: skip
def test_checkpoints_are_written_in_the_same_epochs(oracle, fit_scripted, tmp_path, settings):
    def make(keras):
        path = tmp_path / keras.__name__ / "m-{epoch:02d}-{val_loss:.2f}.keras"
        return keras.callbacks.ModelCheckpoint(str(path), **settings)

    fit_scripted(make, epochs=8)
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


@pytest.mark.parametrize(("make", "message"), [
    (lambda c: c.ModelCheckpoint("model.pt"), "ends in .keras"),
    (lambda c: c.ModelCheckpoint("model.keras", save_weights_only=True), r"ends in .weights.h5"),
    (lambda c: c.ModelCheckpoint("model.keras", save_freq=0), "save_freq=0"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(OpsinError, match=message):
        make(ours.callbacks)


def test_a_name_that_asks_for_what_is_not_there_lists_what_is(describe, images, tmp_path):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    saver = ours.callbacks.ModelCheckpoint(tmp_path / "{val_accuracy:.2f}.keras")
    with pytest.raises(OpsinError, match=r"unknown field 'val_accuracy'. Expected one of epoch, loss"):
        model.fit(*images, verbose=0, callbacks=[saver])


def test_the_best_file_is_that_of_the_best_epoch(describe, images, tmp_path):
    """What a script does at its end: it loads the best file and evaluates it."""
    x, y = images
    model = ours.Sequential(describe(ours.layers))
    model.compile(ours.optimizers.SGD(0.5), "sparse_categorical_crossentropy", metrics=["accuracy"])
    saver = ours.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True)
    history = model.fit(x, y, epochs=6, verbose=0, validation_data=(x, y), callbacks=[saver])
    best = ours.models.load_model(tmp_path / "best.keras").evaluate(x, y, verbose=0)
    assert best[0] == pytest.approx(min(history.history["val_loss"]), rel=1e-5)
    model.load_weights(tmp_path / "best.keras")
    assert model.evaluate(x, y, verbose=0) == pytest.approx(best, rel=1e-5)


def test_what_is_said_matches_keras(oracle, fit_scripted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    actual = []

    def make(keras):
        actual.append(capsys.readouterr().out)
        return keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True, verbose=1)

    fit_scripted(make, epochs=4)
    actual.append(capsys.readouterr().out)
    assert actual[2] == actual[1]
    assert "Epoch 2: val_loss improved from 1.00000 to 0.90000, saving model to best.keras" in actual[2]


def test_a_folder_that_cannot_be_made_says_so(describe, images, tmp_path):
    (tmp_path / "file").write_text("in the way")
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(OpsinError, match=r"Creating the folder of .*m\.keras failed"):
        model.fit(*images, verbose=0, callbacks=[ours.callbacks.ModelCheckpoint(tmp_path / "file" / "m.keras")])
