"""Muon's directions, AdamW compared with torch's, and a state that is restored bit for bit."""

import copy

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import nn

import opsin
from opsin.core import ModelFileError
from opsin.training.optimizer import BETAS, EPSILON, Optimizer, normalized_kernels, orthogonalize


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000), st.sampled_from([1e-6, 1.0, 1e6]))
def test_orthogonalize_keeps_singular_vectors_and_evens_their_lengths(rows, columns, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    left = torch.linalg.qr(torch.randn(rows, min(rows, columns), generator=generator))[0]
    right = torch.linalg.qr(torch.randn(columns, min(rows, columns), generator=generator))[0]
    values = torch.rand(left.shape[1], generator=generator) * 0.8 + 0.2
    result = orthogonalize(left * values * scale @ right.T, steps=5)
    assert result.shape == (rows, columns) and result.dtype == torch.float32
    inner = left.T @ result @ right
    assert (inner.diag() > 0.5).all() and (inner.diag() < 1.35).all()
    assert (inner - inner.diag().diag()).abs().max() < 0.08  # bfloat16
    assert torch.linalg.svdvals(result).max() < 1.35


def test_orthogonalize_of_nothing_is_nothing():
    assert orthogonalize(torch.zeros(3, 5)).abs().max() == 0


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.Flatten(), nn.Linear(64, 3)
    )


def gradients(net, seed):
    generator = torch.Generator().manual_seed(seed)
    for weight in net.parameters():
        weight.grad = torch.randn(weight.shape, generator=generator)


def test_only_kernels_without_bias_are_muons():
    assert normalized_kernels(network()) == {"0.weight"}


def test_others_follow_torchs_adamw_with_decay_on_matrices_only():
    ours, theirs = network(), network()
    optimizer = Optimizer(ours, 0.1, 3e-3, 0.1)
    rest = [weight for name, weight in theirs.named_parameters() if name != "0.weight"]
    groups = [
        {"params": [weight for weight in rest if weight.ndim > 1], "weight_decay": 0.1},
        {"params": [weight for weight in rest if weight.ndim == 1], "weight_decay": 0.0},
    ]
    oracle = torch.optim.AdamW(groups, lr=3e-3, betas=BETAS, eps=EPSILON)
    for step, factor in enumerate((0.3, 1.0, 0.5, 0.5, 0.1)):
        gradients(ours, step), gradients(theirs, step)
        for group in oracle.param_groups:
            group["lr"] = 3e-3 * factor
        optimizer.step(factor), oracle.step()
    for (name, mine), torchs in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        if name != "0.weight":
            torch.testing.assert_close(mine, torchs, rtol=1e-5, atol=1e-7)


def test_learned_slopes_do_not_decay_to_zero():
    """Tests He et al. 2015 (arXiv:1502.01852): weight decay would turn each PReLU into a ReLU."""
    net = opsin.nn.Sequential([opsin.nn.Flatten(), opsin.nn.Dense(3), opsin.nn.PReLU()], input_shape=(2, 2, 1), seed=0)
    picture = opsin.nn.Sequential([opsin.nn.PReLU(), opsin.nn.Conv2D(2, 1)], input_shape=(2, 2, 1), seed=0)
    for network in (net, picture):
        optimizer = Optimizer(network, 0.1, 1e-2, 0.5)
        slopes = [weight for name, weight in network.named_parameters() if name.endswith("alpha")]
        for weight in network.parameters():
            weight.data.fill_(0.25)
            weight.grad = torch.zeros_like(weight)
        optimizer.step(1.0)
        assert len(slopes) == 1 and bool((slopes[0] == 0.25).all())
        assert any(bool((weight < 0.25).any()) for weight in network.parameters())


def test_muon_steps_in_the_orthogonal_part_of_nesterovs_momentum_at_fixed_length():
    net = network()
    optimizer = Optimizer(net, 0.1, 1e-3, 0.0)
    kernel = net[0].weight
    momentum, weight = torch.zeros_like(kernel), kernel.detach().clone()
    for step in range(3):
        gradients(net, step)
        momentum = 0.8 * momentum + kernel.grad
        direction = orthogonalize((kernel.grad + 0.8 * momentum).reshape(6, -1)).reshape(kernel.shape)
        weight = weight * 6**0.5 / weight.norm() - 0.05 * direction
        optimizer.step(0.5)
        torch.testing.assert_close(kernel.detach(), weight)


def test_gradients_are_used_up_and_frozen_weights_stay():
    net = network()
    net[0].weight.requires_grad_(False)
    before = net[0].weight.clone()
    optimizer = Optimizer(net, 0.1, 1e-3, 0.0)
    net(torch.randn(2, 3, 8, 8)).sum().backward()
    optimizer.step(1.0)
    assert all(weight.grad is None for weight in net.parameters())
    assert torch.equal(net[0].weight, before)


def test_a_restored_state_goes_on_bit_for_bit():
    net = network()
    optimizer = Optimizer(net, 0.1, 1e-3, 0.1)
    for step in range(3):
        gradients(net, step)
        optimizer.step(1.0)
    twin = copy.deepcopy(net)
    restored = Optimizer(twin, 0.1, 1e-3, 0.1)
    restored.load({name: value.clone() for name, value in optimizer.state().items()})
    for step in range(3, 6):
        gradients(net, step), gradients(twin, step)
        optimizer.step(0.7), restored.step(0.7)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), twin.parameters(), strict=True))


def test_a_state_of_another_network_is_refused():
    state = Optimizer(network(), 0.1, 1e-3, 0.0).state()
    other = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(ModelFileError, match="optimizer state"):
        Optimizer(other, 0.1, 1e-3, 0.0).load(state)
