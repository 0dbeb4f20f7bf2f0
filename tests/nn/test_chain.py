"""Rectifiers behind max pooling give the numbers, gradients and hooks of rectifiers before it."""

import pytest
import torch

from opsin import nn, zoo
from opsin.core import NetworkError
from opsin.nn import Activation, BatchNormalization, Conv2D, Sequential
from opsin.nn.chain import run_chain

CASES = {
    "within a convolution": [nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2)],
    "relu6 and overlapping windows": [nn.Conv2D(8, 3, activation="relu6"), nn.MaxPooling2D(3, 2, padding="same")],
    "behind a normalization": [
        nn.Conv2D(8, 3), nn.BatchNormalization(), nn.Activation("relu"), nn.MaxPooling2D(2),
    ],
    "within a stage": [nn.Stage([nn.Conv2D(8, 3, activation="relu"), nn.MaxPooling2D(2)], name="stage")],
    "averages": [nn.Conv2D(8, 3, activation="relu"), nn.AveragePooling2D(2)],
    "gelu": [nn.Conv2D(8, 3, activation="gelu"), nn.MaxPooling2D(2)],
}  # fmt: skip


def in_order(module, x):
    """Every module by itself, as written."""
    if isinstance(module, torch.nn.Sequential | nn.Sequential):
        for child in module.children():
            x = in_order(child, x)
        return x
    return module(x)


def gradients(network, compute):
    x = torch.randn(4, 3, 17, 14, generator=torch.Generator().manual_seed(1)).requires_grad_()
    network.zero_grad()
    y = compute(x)
    (y * torch.linspace(-1, 1, y.numel()).view(y.shape)).sum().backward()
    return [y.detach(), x.grad, *(weight.grad.clone() for weight in network.parameters())]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("training", [True, False])
def test_numbers_and_gradients_are_those_of_the_order_as_written(name, training):
    network = nn.Sequential(CASES[name], input_shape=(17, 14, 3), seed=0).train(training)
    for ours, plain in zip(
        gradients(network, network.logits), gradients(network, lambda x: in_order(network, x)), strict=True
    ):
        torch.testing.assert_close(ours, plain, rtol=0, atol=0 if name != "averages" else 1e-7)


def test_a_tap_between_sees_the_rectified_map():
    network = nn.Sequential(CASES["within a convolution"], input_shape=(17, 14, 3), seed=0)
    x = torch.randn(2, 3, 17, 14)
    assert network.intermediate_outputs(x, ["conv2d"])["conv2d"].min() == 0


@pytest.mark.parametrize("index", [0, 1])
def test_a_hook_sees_what_comes_between(index):
    network = nn.Sequential(CASES["within a convolution"], input_shape=(17, 14, 3), seed=0)
    seen = []
    list(network.children())[index].register_forward_hook(lambda module, given, made: seen.append((given[0], made)))
    network.logits(torch.randn(2, 3, 17, 14))
    (given, made), between = seen[0], 1 - index
    assert (made, given)[1 - between].min() == 0


def test_an_empty_chain_hands_on():
    x = torch.randn(2, 3)
    assert run_chain([], x) is x


def test_a_tap_gives_what_the_module_gave():
    net = zoo.create("resnet18", (32, 32, 3), 5, seed=0).eval()
    seen = {}
    for name in ("stage2", "stage3.block1", "stage4"):
        net.get_submodule(name).register_forward_hook(lambda m, i, y, name=name: seen.__setitem__(name, y.clone()))
    x = torch.randn(2, 3, 32, 32)
    found = net.intermediate_outputs(x, ["stage4", "stage2", "stage3/block1"])
    net(x)
    assert list(found) == ["stage4", "stage2", "stage3/block1"]
    for name, y in found.items():
        assert torch.equal(y, seen[name.replace("/", ".")])


def test_a_tapped_layer_keeps_its_numbers_though_relu_follows_in_place():
    net = Sequential([Conv2D(4, 3), BatchNormalization(), Activation("relu")], input_shape=(6, 6, 3), seed=0).eval()
    found = net.intermediate_outputs(torch.randn(2, 3, 6, 6), ["conv2d", "batch_normalization", "activation"])
    assert found["batch_normalization"].min() < 0
    torch.testing.assert_close(found["activation"], found["batch_normalization"].relu())


def test_gradients_flow_and_nothing_further_is_computed():
    net = zoo.create("resnet_small", (16, 16, 3), 5, seed=0)
    net.stage3.register_forward_hook(lambda *_: pytest.fail("computed too far"))
    net.intermediate_outputs(torch.randn(2, 3, 16, 16), ["stage1"])["stage1"].sum().backward()
    assert net.stem.weight.grad is not None


def test_an_unknown_name_is_refused_with_known_ones():
    net = zoo.create("resnet_small", (16, 16, 3), 5, seed=0)
    with pytest.raises(NetworkError, match=r"no layer 'stage9'. Expected a name such as 'stem', 'stage1'"):
        net.intermediate_outputs(torch.randn(2, 3, 16, 16), ["stage1", "stage9"])
