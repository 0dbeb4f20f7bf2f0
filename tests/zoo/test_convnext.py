import pytest
import torch

from opsin import zoo
from opsin.nn import Stage, summarize


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("convnext_tiny", 28_589_128), ("convnext_small", 50_223_688), ("convnext_base", 88_591_464)],
)
def test_parameters_are_the_published_ones(name, parameters):
    with torch.device("meta"):
        net = zoo.create(name, (224, 224, 3), 1000, seed=0)
    assert Stage(net.layers).trainable_parameters((224, 224, 3)) == parameters
    assert sum(p.numel() for p in net.parameters()) == parameters


def test_cost_is_the_published_one():
    """4.5 billion multiply-adds in the paper's table."""
    with torch.device("meta"):
        net = zoo.create("convnext_tiny", (224, 224, 3), 1000, seed=0)
    assert round(summarize(net).multiply_adds / 1e9, 1) == 4.5


def test_it_trains():
    net = zoo.create("convnext_atto", (32, 32, 3), 3, seed=0)
    net.logits(torch.randn(2, 3, 32, 32)).square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in net.parameters())
