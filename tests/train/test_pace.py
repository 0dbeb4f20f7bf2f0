"""Timing a step leaves the network as it was."""

import torch

from opsin.train import seconds_per_step


def test_the_network_is_not_touched(make_job, tmp_path):
    job = make_job(tmp_path)
    before = {name: value.clone() for name, value in job.model.network.state_dict().items()}
    assert 0 < seconds_per_step(job.model, job.recipe, job.batches.targets[:5]) < 5
    assert all(torch.equal(value, before[name]) for name, value in job.model.network.state_dict().items())
    assert all(weight.grad is None for weight in job.model.network.parameters())
