import pytest
import torch

from opsin import zoo


@pytest.mark.parametrize("size", [2, 3, 8, 9, 28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_it_takes_images_of_any_size(size, channels):
    net = zoo.create("resnet_small", (size, size + 1, channels), 3, seed=0)
    y = net(torch.randn(2, channels, size, size + 1))
    torch.testing.assert_close(y.sum(1), torch.ones(2))
    y[:, 0].sum().backward()


def test_its_stages_are_named():
    net = zoo.create("resnet_small", (32, 32, 3), 3, seed=0)
    names = [layer.name for layer in net.layers]
    assert names == ["stem", "stage1", "stage2", "stage3", "global_max_pooling2d", "dense"]
    assert net.stem.weight.shape == (24, 3, 2, 2)


@pytest.mark.parametrize("name", ["resnet_tiny", "resnet_tiny_average", "resnet_small"])
@pytest.mark.parametrize("size", [2, 9, 20])
def test_it_takes_volumes_of_any_size(name, size):
    net = zoo.create(name, (size, size + 2, size + 1, 1), 3, seed=0)
    y = net(torch.randn(2, 1, size, size + 2, size + 1))
    torch.testing.assert_close(y.sum(1), torch.ones(2))
    y[:, 0].sum().backward()
