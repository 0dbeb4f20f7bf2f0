"""Schedules, logs and the stop at a NaN loss, compared with Keras's."""

import csv

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError


@pytest.mark.parametrize("schedule", [lambda epoch, rate: rate * 0.5, lambda epoch: 0.1 / (epoch + 1)])
def test_learning_rate_scheduler(fit_scripted, schedule):
    found = fit_scripted(lambda keras: keras.callbacks.LearningRateScheduler(schedule), epochs=3)
    rates = [history.history["learning_rate"] for _, history, _ in found]
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-5)


def test_the_log_matches_keras(oracle, twins, describe, images, tmp_path):
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


def test_a_schedule_that_gives_no_number_says_so(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(OpsinError, match=r"returned None. Expected a float"):
        model.fit(*images, verbose=0, callbacks=[ours.callbacks.LearningRateScheduler(lambda epoch: None)])
