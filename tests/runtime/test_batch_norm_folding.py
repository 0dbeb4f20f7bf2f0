"""A fixed normalization inside the convolution before it gives the numbers and gradients of the two apart."""

import pytest
import torch

from opsin import nn
from opsin.runtime.batch_norm_folding import folded, folds
from opsin.runtime.training import TrainingNetwork

LAYERS = {
    "plain": [nn.Conv2D(8, 3), nn.BatchNormalization()],
    "without bias, same, strides": [
        nn.Conv2D(8, 3, 2, "same", use_bias=False), nn.BatchNormalization(scale=False), nn.Activation("relu6"),
    ],
    "depthwise": [nn.DepthwiseConv2D(5, padding="same"), nn.BatchNormalization(center=False)],
    "in a block": [nn.Residual([nn.Conv2D(3, 3, padding="same"), nn.BatchNormalization()], name="block")],
}  # fmt: skip


def network_of(name):
    network = nn.Sequential(LAYERS[name], input_shape=(16, 14, 3), seed=0)
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(generator=generator)
            module.running_var.uniform_(0.5, 3, generator=generator)
            for weight in module.parameters():
                weight.data.uniform_(0.5, 1.5, generator=generator)
    return network


def gradients(network, precision, train=False):
    x = torch.randn(4, 3, 16, 14, generator=torch.Generator().manual_seed(2)).requires_grad_()
    network.zero_grad()
    network.train(train)
    with torch.autocast("cpu", precision, enabled=precision != torch.float32):
        y = TrainingNetwork(network).logits(x).float()
    (y * torch.linspace(-1, 1, y.numel()).view(y.shape)).sum().backward()
    return [y.detach(), x.grad, *(weight.grad.clone() for weight in network.parameters())]


@pytest.mark.parametrize("name", LAYERS)
def test_numbers_and_gradients_are_no_further_from_float32_than_those_of_the_two_apart(name, monkeypatch):
    network = network_of(name)
    exact, ours = gradients(network, torch.float32), gradients(network, torch.bfloat16)
    monkeypatch.setattr("opsin.runtime.training.folds", lambda *_: False)
    apart = gradients(network, torch.bfloat16)
    assert not torch.equal(ours[0], apart[0])  # both ways were gone
    for one, other, true in zip(ours, apart, exact, strict=True):
        assert (one - true).norm() <= 1.5 * (other - true).norm() + 0.005 * true.norm()


def test_it_is_for_fixed_statistics_in_bfloat16_with_gradients_alone():
    convolution, normalization = nn.Conv2D(8, 3).build((16, 14, 3)), torch.nn.BatchNorm2d(8).eval()
    x = torch.randn(2, 3, 16, 14)
    assert not folds(x, convolution, normalization)  # float32
    with torch.autocast("cpu", torch.bfloat16):
        assert folds(x, convolution, normalization)
        with torch.no_grad():
            assert not folds(x, convolution, normalization)
        assert not folds(x, convolution, torch.nn.BatchNorm2d(8))
        assert not folds(x, convolution, torch.nn.BatchNorm2d(8, track_running_stats=False).eval())
        assert not folds(x, nn.Conv2D(8, 3, activation="relu").build((16, 14, 3)), normalization)


def test_statistics_go_on_being_counted_in_training():
    network = network_of("plain")
    before = [buffer.clone() for buffer in network.buffers()]
    gradients(network, torch.bfloat16, train=True)
    assert all(not torch.equal(one, other) for one, other in zip(before, network.buffers(), strict=True))


def test_a_hook_sees_the_map_between():
    network, seen = network_of("plain"), []
    next(network.children()).register_forward_hook(lambda module, given, made: seen.append(made))
    gradients(network, torch.bfloat16)
    assert len(seen) == 1


@pytest.mark.parametrize("bias", [True, False])
def test_folded_weights_give_the_same_map(bias):
    convolution, normalization = nn.Conv2D(8, 3, use_bias=bias).build((16, 14, 3)).double(), torch.nn.BatchNorm2d(8)
    normalization = normalization.double().eval()
    normalization.running_mean.normal_()
    normalization.running_var.uniform_(0.5, 3)
    x = torch.randn(2, 3, 16, 14).double()
    pairs = convolution.padding_pairs(x)
    torch.testing.assert_close(
        convolution.convolve(x, *folded(convolution, normalization), pairs, None), normalization(convolution(x))
    )
