"""Merged layers give the outputs, gradients and hooks of the network's layers in their order."""

import pytest
import torch

from opsin import nn
from opsin.kernels import registry
from opsin.runtime.training import TrainingNetwork, TrainingStep

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


def gradients(network, compute):
    x = torch.randn(4, 3, 17, 14, generator=torch.Generator().manual_seed(1)).requires_grad_()
    network.zero_grad()
    y = compute(x)
    (y * torch.linspace(-1, 1, y.numel()).view(y.shape)).sum().backward()
    return [y.detach(), x.grad, *(weight.grad.clone() for weight in network.parameters())]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_gradients_are_those_of_the_network(name, training):
    network = nn.Sequential(CASES[name], input_shape=(17, 14, 3), seed=0).train(training)
    for ours, plain in zip(
        gradients(network, TrainingNetwork(network).logits), gradients(network, network.logits), strict=True
    ):
        torch.testing.assert_close(ours, plain, rtol=0, atol=0 if name != "averages" else 1e-7)


@pytest.mark.parametrize("index", [0, 1])
def test_a_hook_sees_what_comes_between(index):
    network = nn.Sequential(CASES["within a convolution"], input_shape=(17, 14, 3), seed=0)
    seen = []
    list(network.children())[index].register_forward_hook(lambda module, given, made: seen.append((given[0], made)))
    TrainingNetwork(network).logits(torch.randn(2, 3, 17, 14))
    (given, made), between = seen[0], 1 - index
    assert (made, given)[1 - between].min() == 0


def test_weights_mode_and_statistics_are_the_networks_own():
    network = nn.Sequential(CASES["behind a normalization"], input_shape=(17, 14, 3), seed=0)
    x, fast = torch.randn(4, 3, 17, 14), TrainingNetwork(network)
    before = [buffer.clone() for buffer in network.buffers()]
    fast.logits(x).sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())
    assert all(not torch.equal(one, other) for one, other in zip(before, network.buffers(), strict=True))
    network.eval()
    network.conv2d.weight = torch.nn.Parameter(2 * network.conv2d.weight.detach())
    with torch.no_grad():
        torch.testing.assert_close(fast.logits(x), network.logits(x))


def test_steps_inside_of_blocks_are_merged_and_state_is_not_changed():
    body = [nn.ZeroPadding2D(1), nn.Conv2D(3, 3), nn.BatchNormalization(), nn.Activation("relu"), nn.Conv2D(3, 1)]
    network = nn.Sequential([nn.Residual(body, name="block"), nn.MaxPooling2D(2)], input_shape=(12, 12, 3), seed=0)
    names = list(network.state_dict())
    fast = TrainingNetwork(network)
    steps = [module for part in fast.modules for module in part.modules() if isinstance(module, TrainingStep)]
    assert [len(step.step.modules) for step in steps] == [4] and list(network.state_dict()) == names
    x = torch.randn(2, 3, 12, 12)
    torch.testing.assert_close(fast.logits(x), network.logits(x))


def test_without_kernels_the_network_runs_as_it_is(monkeypatch):
    network, seen = nn.Sequential(CASES["within a convolution"], input_shape=(17, 14, 3), seed=0), []
    monkeypatch.setattr(network, "logits", lambda x: seen.append(x) or x)
    fast, x = TrainingNetwork(network), torch.randn(2, 3, 17, 14)
    fast.logits(x)
    assert not seen
    monkeypatch.setattr(registry, "ENABLED", False)
    fast.logits(x)
    assert len(seen) == 1
