"""A training step is reproducible and weighted, and changes no weight when the loss is not finite."""

from dataclasses import replace

import pytest
import torch

from opsin.data import Batch
from opsin.training import Regularization
from opsin.training.step import Diverged, Stepper

PLAIN = Regularization()


def weights(job):
    return torch.cat([weight.detach().flatten() for weight in job.model.network.parameters()])


def stepped(make_job, folder, number, seed=3, **changes):
    job = make_job(folder, **changes)
    loss = Stepper(job.model, job.recipe, seed).step(job.batches.batch(0), number, 1.0)
    return loss, weights(job)


def test_random_numbers_depend_on_seed_and_step_alone(make_job, tmp_path):
    torch.manual_seed(1)
    first = stepped(make_job, tmp_path, 5)
    torch.manual_seed(2)
    again, other = stepped(make_job, tmp_path, 5), stepped(make_job, tmp_path, 6)
    assert first[0] == again[0] and torch.equal(first[1], again[1])
    assert first[0] != other[0]  # another share of mixup


def test_the_loss_is_cross_entropy_of_prepared_images(make_job, tmp_path):
    job = make_job(tmp_path, regularization=PLAIN)
    batch = job.batches.batch(0)
    images = (batch.images.float() / 255 - 0.4) / 0.2
    logits = job.model.network.logits(images.permute(0, 3, 1, 2))
    expected = torch.nn.functional.cross_entropy(logits, batch.targets)
    assert Stepper(job.model, job.recipe, 0).step(batch, 0, 1.0) == pytest.approx(float(expected.detach()), rel=0.02)


def test_class_weights_reach_the_loss(make_job, tmp_path):
    job = make_job(tmp_path, regularization=PLAIN, class_weights=(0.0, 0.0, 1.0))
    batch = job.batches.batch(0)
    chosen = Batch(batch.images[batch.targets == 2], batch.targets[batch.targets == 2])
    whole = Stepper(job.model, job.recipe, 0).step(batch, 0, 0.0)
    assert whole == pytest.approx(Stepper(job.model, job.recipe, 0).step(chosen, 0, 0.0), rel=0.02)


def test_steps_lower_the_loss_of_a_batch(make_job, tmp_path):
    job = make_job(tmp_path, regularization=PLAIN)
    stepper, batch = Stepper(job.model, job.recipe, 0), job.batches.batch(0)
    losses = [stepper.step(batch, number, 1.0) for number in range(15)]
    assert losses[-1] < losses[0] - 0.2


def test_a_loss_that_is_no_number_changes_nothing(make_job, tmp_path):
    job = make_job(tmp_path, regularization=PLAIN)
    with torch.no_grad():
        list(job.model.network.parameters())[-1].fill_(float("inf"))
    before = weights(job)
    with pytest.raises(Diverged):
        Stepper(job.model, replace(job.recipe, batch_size=4), 0).step(job.batches.batch(0), 0, 1.0)
    assert torch.equal(weights(job), before)


@pytest.mark.parametrize("kept", [True, False])
def test_statistics_of_learned_normalizations_can_be_kept(make_job, tmp_path, kept):
    job = make_job(tmp_path, regularization=replace(PLAIN, freeze_batch_norm=kept))
    job.model.network.add_module("last", torch.nn.BatchNorm1d(job.model.task.units))
    before = job.model.network.last.running_mean.clone()
    Stepper(job.model, job.recipe, 0).step(job.batches.batch(0), 0, 1.0)
    assert torch.equal(job.model.network.last.running_mean, before) == kept
    assert job.model.network.training
