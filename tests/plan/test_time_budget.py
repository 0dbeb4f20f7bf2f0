"""How long the ending of a run takes is measured on what it will do."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from opsin import api
from opsin.evaluation import Predictions, replicates_for
from opsin.plan import seconds_per_step, time_budget
from opsin.tasks import Classify, MultiLabel, Regress


@pytest.fixture
def model(run):
    return api.load(run[0].model, "cpu")


def test_answers_over_more_views_take_longer(model, monkeypatch):
    pixels = np.zeros((3, *model.preprocessing.size), np.uint8)
    seen = []
    predict_batch = type(model).predict_batch

    def slow(self, pixels):
        seen.append(len(pixels))
        time.sleep(0.0005 * len(pixels))
        return predict_batch(self, pixels)

    monkeypatch.setattr(type(model), "predict_batch", slow)
    assert 0.0005 <= time_budget.seconds_per_image(model, pixels) < 0.01
    assert sum(seen) <= 2 + 32 + 256  # a moment, however many images there are


@pytest.mark.parametrize(
    "task", [Classify(tuple("abcdefgh")), MultiLabel(("a", "b", "c")), Regress(("a", "b"), (0.0, 0.0), (1.0, 1.0))]
)
def test_the_time_of_the_scores_is_foretold(task, monkeypatch):
    score, clock = time_budget.score, [0.0]

    def slow(answers, task, *, replicates):
        clock[0] += 0.02 + 0.005 * replicates
        return score(answers, task, replicates=1)

    monkeypatch.setattr(time_budget, "score", slow)
    monkeypatch.setattr(time_budget, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    generator = np.random.default_rng(0)
    targets = generator.integers(0, 2, (200, task.units)).astype(np.float32)
    targets = targets.argmax(1) if task.name == "classify" else targets
    predictions = generator.normal(size=(200, task.units)).astype(np.float32)
    foretold = time_budget.seconds_to_score(
        Predictions(tuple(map(str, range(200))), None, np.full(200, "test"), targets, predictions), task
    )
    assert foretold == pytest.approx(2 * (0.02 + 0.005 * replicates_for(200 * task.units)))


def test_the_network_is_not_touched(make_job, tmp_path):
    job = make_job(tmp_path)
    before = {name: value.clone() for name, value in job.model.network.state_dict().items()}
    assert 0 < seconds_per_step(job.model, job.recipe, job.batches.targets[:5]) < 5
    assert all(torch.equal(value, before[name]) for name, value in job.model.network.state_dict().items())
    assert all(weight.grad is None for weight in job.model.network.parameters())
