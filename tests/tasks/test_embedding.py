"""Embeddings of identities: loss, scores and a training with identities apart."""

import numpy as np
import pytest
import torch

import opsin
from opsin.core import DataError
from opsin.tasks import Embed, task_from_json


@pytest.fixture
def task():
    return Embed(("Ada", "Grace", "Mary"), 8)


def drawn(task, noise, count=60, seed=0):
    generator = np.random.default_rng(seed)
    targets = np.arange(count) % len(task.names)
    vectors = np.eye(task.size)[targets] + noise * generator.normal(size=(count, task.size))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), targets


def test_separated_identities_have_perfect_scores(task):
    scores = task.scorer(*drawn(task, 0.05))(np.ones(60))
    assert scores == {"eer": 0, "tar_at_far": 1, "rank1": 1}


def test_one_embedding_for_all_is_chance(task):
    _, targets = drawn(task, 0)
    baseline = task.baseline_predictions(task.fit_baseline(targets), np.zeros((60, 8)))
    scores = task.scorer(baseline, targets)(np.ones(60))
    assert scores["eer"] == pytest.approx(0.5)
    assert scores["tar_at_far"] == 0


def test_weights_count_rows_but_for_pairs_of_a_row_with_itself(task):
    predictions, targets = drawn(task, 0.5)
    weights = np.ones(60)
    weights[30:] = 0
    assert (
        task.scorer(predictions, targets)(weights)["eer"]
        == task.scorer(predictions[:30], targets[:30])(np.ones(30))["eer"]
    )


def test_the_loss_has_a_margin_and_trains_its_centres(task):
    parameters = {"centres": torch.eye(3, 8)}
    logits, target = torch.ones(3, 8), torch.arange(3)
    found = task.loss(logits, target, parameters=parameters)
    wanted = np.log(1 + 2 * np.exp(16 * 0.2))  # all cosines are equal: only the margin counts
    assert found.numpy() == pytest.approx(np.full(3, wanted), abs=1e-6)
    centres = task.loss_parameters(0)["centres"].requires_grad_()
    task.loss(logits, target, parameters={"centres": centres}).sum().backward()
    assert centres.grad is not None
    assert centres.grad.abs().sum() > 0


def test_scores_without_pairs_are_undefined(task):
    scores = task.scorer(np.eye(2, 8, dtype=np.float32), np.array([0, 1]))(np.ones(2))
    assert all(np.isnan(value) for value in scores.values())


def test_it_is_read_back_and_checked(task):
    assert task_from_json(task.to_json()) == task
    with pytest.raises(DataError, match="size"):
        Embed(("Ada",), 1)


def test_a_training_matches_identities_that_it_has_not_seen(tmp_path):
    generator = np.random.default_rng(0)
    marks = generator.integers(0, 2, (24, 4, 4))  # a pattern of 4 x 4 fields is an identity
    arrays = np.repeat(np.repeat(marks, 4, 1), 4, 2)[:, None].repeat(8, 1).reshape(-1, 16, 16) * 120
    arrays = (arrays + generator.integers(0, 80, arrays.shape)).astype(np.uint8)[..., None]
    names = np.repeat([f"mark{number:02}" for number in range(24)], 8)
    run = opsin.train(
        (arrays, names), task="embed", model="resnet_tiny", epochs=12, device="cpu", out=tmp_path / "run", hflip=False
    )
    assert run.task == "embed"
    assert run.scores["eer"].value < 0.25
    assert run.baseline["eer"].value == pytest.approx(0.5)
    vectors = opsin.load(run.model, "cpu").predict(list(arrays[:2]))
    assert sum(value**2 for value in vectors[0].values()) == pytest.approx(1, rel=1e-4)
