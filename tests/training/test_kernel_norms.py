import pytest
import torch
from torch import nn

from opsin import zoo
from opsin.training import rescale_kernels
from opsin.training.optimizer import Optimizer, normalized_kernels


def learned(name):
    """Returns a network with kernels and statistics far from their initial values."""
    torch.manual_seed(0)
    net = zoo.create(name, (64, 64, 3), 5, activation=None, seed=0).eval()
    for key, value in net.state_dict().items():
        if key.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif key.endswith("running_mean"):
            value.normal_()
        elif value.ndim > 1:
            value.mul_(float(torch.rand(1)) + 0.5)
    return net


@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet18", "resnet50"])
def test_the_network_answers_as_before_and_every_kernel_has_the_optimizers_norm(name):
    net = learned(name)
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        before = net(x)
        free = normalized_kernels(net)
        assert rescale_kernels(net) == len(free)
        after = net(x)
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4 * float(before.abs().max()))
    for key in free:
        assert float(net.state_dict()[key].norm()) == pytest.approx(net.state_dict()[key].shape[0] ** 0.5, rel=1e-4)


def test_the_optimizers_first_step_then_changes_no_more_than_its_rate():
    net = learned("resnet18")
    rescale_kernels(net)
    kept = {key: net.state_dict()[key].clone() for key in normalized_kernels(net)}
    for weight in net.parameters():
        weight.grad = torch.randn_like(weight)
    Optimizer(net, muon_lr=0.01, adamw_lr=0.0, weight_decay=0.0).step(1.0)
    for key, before in kept.items():
        assert float((net.state_dict()[key] - before).norm() / before.norm()) < 0.013


def test_a_kernel_without_a_normalization_after_it_is_left_alone():
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.ReLU(), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    before = [value.clone() for value in layers.state_dict().values()]
    assert rescale_kernels(layers) == 0
    assert all(torch.equal(a, b) for a, b in zip(before, layers.state_dict().values(), strict=True))


def test_a_dead_kernel_stays_finite():
    layers = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4))
    with torch.no_grad():
        layers[0].weight.zero_()
        layers[1].running_var.zero_()
    rescale_kernels(layers)
    assert all(bool(value.isfinite().all()) for value in layers.state_dict().values())
