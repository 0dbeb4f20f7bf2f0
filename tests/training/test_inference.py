"""Predictions on rows of a store, in the given order."""

import numpy as np

from opsin.training import predict_rows
from opsin.training.inference import CHUNK


def test_rows_come_in_the_order_asked_for(make_job, tmp_path):
    job = make_job(tmp_path)
    rows = np.array([5, 2, 2, 90])
    told = []
    predictions = predict_rows(job.model, job.batches.pixels, rows, lambda *said: told.append(said))
    np.testing.assert_allclose(predictions, job.model.predict_batch(job.batches.pixels[rows]), atol=1e-6)
    assert told[-1][:3] == ("validate", 4, 4)
    assert predict_rows(job.model, job.batches.pixels, rows[:0]).shape == (0, 3)


def test_more_rows_than_a_piece(make_job, tmp_path):
    job = make_job(tmp_path)
    rows = np.arange(CHUNK + 3) % 50
    predictions = predict_rows(job.model, job.batches.pixels, rows)
    np.testing.assert_allclose(predictions[-3:], predictions[rows[-3:]], atol=2e-2)
