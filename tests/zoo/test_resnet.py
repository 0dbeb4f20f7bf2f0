import pytest
import torch

from opsin import zoo
from opsin.nn import summarize


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [
        ("resnet18", 11_689_512, 1_814_073_344),
        ("resnet34", 21_797_672, 3_663_761_408),
        ("resnet50", 25_557_032, 4_089_184_256),
    ],
)
def test_parameters_and_cost_are_the_published_ones(name, parameters, multiply_adds):
    net = zoo.create(name, (224, 224, 3), 1000, seed=0)
    assert sum(p.numel() for p in net.parameters()) == parameters
    assert summarize(net).multiply_adds == multiply_adds


def test_maps_shrink_as_published():
    rows = summarize(zoo.create("resnet50", (224, 224, 3), 1000, seed=0)).rows
    shapes = {row.path: row.output_shape for row in rows if row.depth == 0}
    assert shapes["conv2d"] == (112, 112, 64)
    assert [shapes[f"stage{n}"] for n in (1, 2, 3, 4)] == [(56, 56, 256), (28, 28, 512), (14, 14, 1024), (7, 7, 2048)]


def test_the_stem_pools_as_torch_does():
    net = zoo.create("resnet18", (65, 65, 3), 3, seed=0)
    x = torch.rand(1, 64, 33, 33)
    pooled = net.max_pooling2d(net.zero_padding2d_1(x))
    torch.testing.assert_close(pooled, torch.nn.functional.max_pool2d(x, 3, 2, padding=1))
