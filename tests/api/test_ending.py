"""How long the ending of a run takes is measured on what it will do."""

import time

import numpy as np
import pytest

from opsin import api
from opsin.api import ending
from opsin.evaluate import Predictions, score
from opsin.tasks import Classify, MultiLabel, Regress


@pytest.fixture
def model(run):
    return api.load(run[0].model, "cpu")


def test_answers_over_more_views_take_longer(model, monkeypatch):
    pixels = np.zeros((3, *model.preparation.size), np.uint8)
    seen = []
    raw = type(model).raw

    def slow(self, pixels):
        seen.append(len(pixels))
        time.sleep(0.0005 * len(pixels))
        return raw(self, pixels)

    monkeypatch.setattr(type(model), "raw", slow)
    assert 0.0005 <= ending.seconds_an_answer(model, pixels) < 0.01
    assert sum(seen) <= 2 + 32 + 256  # a moment, however many images there are


@pytest.mark.parametrize(
    "task", [Classify(tuple("abcdefgh")), MultiLabel(("a", "b", "c")), Regress(("a", "b"), (0.0, 0.0), (1.0, 1.0))]
)
def test_the_time_of_the_scores_is_foretold(task):
    rows = 4000
    generator = np.random.default_rng(0)
    raw = generator.normal(size=(rows, task.units)).astype(np.float32)
    targets = {
        "classify": generator.integers(0, task.units, rows),
        "multilabel": generator.integers(0, 2, raw.shape).astype(np.float32),
        "regress": raw + 1,
    }[task.name]
    found = ending.seconds_of_scores(task, rows)
    begun = time.process_time()
    score(Predictions(tuple(map(str, range(rows))), None, raw, targets), task)
    assert found == pytest.approx(2 * (time.process_time() - begun), rel=0.8, abs=0.5)
    assert ending.seconds_of_scores(task, 0) == 0
