import torch

from opsin import zoo


def test_it_has_the_published_size():
    net = zoo.create("efficientnet_lite0", (224, 224, 3), 1000, seed=0)
    assert sum(p.numel() for p in net.parameters()) == 4_652_008


def test_maps_shrink_as_published():
    net = zoo.create("efficientnet_lite0", (64, 64, 3), 5, seed=0).eval()
    taps = net.intermediate_outputs(torch.randn(1, 3, 64, 64), [f"stage{number}" for number in range(1, 8)])
    sizes = [(y.shape[1], y.shape[2]) for y in taps.values()]
    assert sizes == [(16, 32), (24, 16), (40, 8), (80, 4), (112, 4), (192, 2), (320, 2)]
