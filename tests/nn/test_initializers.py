import math

import pytest
import torch
from torch.nn import init

from opsin.nn import Conv2D, Dense
from opsin.nn.initializers import initialize


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
@pytest.mark.parametrize("family", ["glorot", "he", "lecun"])
def test_spread_matches_the_papers(family, distribution):
    weight = torch.empty(256, 128, 3, 3)
    initialize(weight, f"{family}_{distribution}")
    fan_in, fan_out = 128 * 9, 256 * 9
    variance = {"glorot": 2 / (fan_in + fan_out), "he": 2 / fan_in, "lecun": 1 / fan_in}[family]
    assert weight.var().item() == pytest.approx(variance, rel=0.02)
    assert weight.mean().item() == pytest.approx(0, abs=4 * math.sqrt(variance / weight.numel()))
    reach = math.sqrt(3 * variance) if distribution == "uniform" else 2 * math.sqrt(variance) / 0.8796
    assert weight.abs().max().item() == pytest.approx(reach, rel=0.01)
    assert weight.abs().max().item() <= reach * 1.0001


def test_glorot_uniform_matches_torch_xavier():
    mine, theirs = torch.empty(8, 6), torch.empty(8, 6)
    torch.manual_seed(0)
    initialize(mine, "glorot_uniform")
    torch.manual_seed(0)
    init.xavier_uniform_(theirs)
    torch.testing.assert_close(mine, theirs)


def test_dirac_copies_the_input():
    x = torch.randn(2, 3, 6, 6)
    y = Conv2D(5, 3, padding="same", kernel_initializer="dirac").build((6, 6, 3))(x)
    torch.testing.assert_close(y[:, :3], x)
    assert y[:, 3:].std() > 0.1
    row = torch.randn(2, 3)
    torch.testing.assert_close(Dense(2, kernel_initializer="dirac").build((3,))(row), row[:, :2])


def test_biases_start_at_zero():
    assert not Conv2D(5, 3).build((6, 6, 3)).bias.any()
    assert not Dense(5).build((6,)).bias.any()
