"""What is printed is what Keras prints."""

import re

import pytest

from opsin import keras as ours
from opsin.core import OpsinError
from opsin.keras.callbacks.progress import ProgressBar, verbosity


def test_what_is_printed_matches_keras(oracle, twins, describe, images, capsys):

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
    actual = capsys.readouterr().out
    assert re.fullmatch(r"3/3 ━{20} \d+s \d+[mu]?s/step - accuracy: \S+ - loss: \S+\n", actual)
    model.fit(x, y, verbose=0)
    assert capsys.readouterr().out == ""


def test_a_terminal_gets_a_bar_that_moves(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    bar = ProgressBar(1, 10, 2)
    bar.on_epoch_begin(1)
    bar.due()
    bar.update({"loss": 0.5})
    bar.on_epoch_end(1, {"loss": 0.25})
    actual = capsys.readouterr().out
    assert actual.startswith("Epoch 2/2\n\r") and actual.endswith("\n")
    assert "loss: 0.5000" in actual and "loss: 0.2500" in actual
    assert actual.count("\n") == 2


@pytest.mark.parametrize(("verbose", "level"), [("auto", 1), (True, 1), (False, 0), (0, 0), (1, 1), (2, 2)])
def test_levels(verbose, level):
    assert verbosity(verbose) == level


def test_an_unknown_level_says_so():
    with pytest.raises(OpsinError, match=r"verbose is 3. Expected 'auto', 0, 1 or 2"):
        verbosity(3)


def test_a_rate_of_a_thousandth_reads_as_in_keras(oracle, twins, describe, images, capsys):
    shown = []
    for keras, model in zip((oracle, ours), twins(describe), strict=True):
        model.compile("adam", "sparse_categorical_crossentropy")
        schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3)
        model.fit(*images, verbose=2, callbacks=[schedule])
        shown.append(re.search(r"learning_rate: (\S+)", capsys.readouterr().out)[1])
    assert shown == ["0.0010", "0.0010"]


def test_a_bar_that_stops_halfway_leaves_its_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    bar = ProgressBar(1, 10)
    bar.due()
    bar.update({"loss": 0.5})
    bar.close()
    bar.close()
    assert capsys.readouterr().out.endswith("loss: 0.5000\n")
