"""The moving average compared with its closed form."""

import numpy as np
import torch
from torch import nn

from opsin.training.ema import WeightAverage


def walk(average, values):
    layer = nn.Linear(1, 1, bias=False)
    for value in values:
        layer.weight.data.fill_(value)
        average.update(layer)
    return float(average.weights["weight"])


def test_early_on_it_is_the_plain_mean():
    values = np.random.default_rng(0).normal(size=19)
    for horizon in (19, 200, 10_000):
        assert abs(walk(WeightAverage(nn.Linear(1, 1, bias=False), horizon), values) - values.mean()) < 1e-6


def test_later_it_forgets_exponentially():
    values, horizon = np.random.default_rng(1).normal(size=60), 10
    expected = values[:horizon].mean()
    for value in values[horizon:]:
        expected += (value - expected) / horizon
    assert abs(walk(WeightAverage(nn.Linear(1, 1, bias=False), horizon), values) - expected) < 1e-6


def test_of_a_long_horizon_a_tenth_of_the_steps_stand_for_all():
    values = np.cumsum(np.random.default_rng(2).normal(size=400)) / 400
    expected = values[:10].mean()
    for number, value in enumerate(values[19::10], 2):
        expected += (value - expected) * max(1 / number, 0.1)
    found = walk(WeightAverage(nn.Linear(1, 1, bias=False), 100), values)
    assert abs(found - expected) < 1e-6
    every = 0.0
    for number, value in enumerate(values, 1):
        every += (value - every) * max(1 / number, 0.01)
    assert abs(found - every) < 0.02 * np.ptp(values)


def test_statistics_are_averaged_and_counters_copied():
    net = nn.BatchNorm1d(2)
    average = WeightAverage(net, 10)
    seen = []
    for step in range(4):
        net(torch.randn(8, 2, generator=torch.Generator().manual_seed(step)) + step)
        average.update(net)
        seen.append(net.running_mean.clone())
    torch.testing.assert_close(average.weights["running_mean"], torch.stack(seen).mean(0))
    assert int(average.weights["num_batches_tracked"]) == 4


def test_a_restored_average_goes_on_bit_for_bit():
    first, second = (WeightAverage(nn.Linear(1, 1, bias=False), 3) for _ in range(2))
    walk(first, [0.1, 0.7, -2.0, 5.0])
    second.load({name: value.clone() for name, value in first.state().items()})
    assert walk(first, [0.3, 0.4]) == walk(second, [0.3, 0.4])


def test_it_is_its_own_copy():
    layer = nn.Linear(1, 1, bias=False)
    average = WeightAverage(layer, 3)
    average.update(layer)
    kept = float(average.weights["weight"])
    layer.weight.data.add_(1)
    assert float(average.weights["weight"]) == kept
