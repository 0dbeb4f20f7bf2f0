"""Pooling by machine code gives torch's bits, forward and backward."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd import forward_ad
from torch.utils.checkpoint import checkpoint

from opsin import nn
from opsin.core.assembly import assembles
from opsin.nn import compiled_pooling
from opsin.nn.compiled_pooling import gains, pool_largest

pytestmark = pytest.mark.skipif(not assembles(), reason="no llvmlite, or torch is without GNU OpenMP")
SPECIAL = torch.tensor([0.0, -0.0, 1.0, -1.0, float("nan"), float("inf"), float("-inf"), 2.0])


def bits(x):
    """As they lie in memory, but NaN, which has many forms, as one."""
    return torch.where(x.isnan(), 7.0, x).contiguous().view(torch.int16 if x.dtype == torch.bfloat16 else torch.int32)


def map_of(shape, kind, seed, special):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator)
    if special:  # few different numbers, so that many are equal
        x = SPECIAL[torch.randint(len(SPECIAL), shape, generator=generator)]
    return x.to(kind).contiguous(memory_format=torch.channels_last)


def answers(pool, x, towards):
    x = x.clone(memory_format=torch.preserve_format).requires_grad_()
    y = pool(x)
    return y.detach(), *torch.autograd.grad(y, x, towards)


@settings(deadline=None, max_examples=150)
@given(
    st.tuples(st.integers(1, 3), st.sampled_from([16, 32, 48]), st.integers(2, 9), st.integers(2, 9)),
    st.sampled_from([torch.float32, torch.bfloat16]),
    st.integers(0, 2**32),
    st.booleans(),
    st.booleans(),
)
def test_numbers_and_gradients_are_torchs_bits(shape, kind, seed, special, rectified):
    x = map_of(shape, kind, seed, special)
    towards = map_of((*shape[:2], shape[2] // 2, shape[3] // 2), kind, seed + 1, special)

    def plain(x):
        return F.relu(F.max_pool2d(x, 2)) if rectified else F.max_pool2d(x, 2)

    found, expected = answers(lambda x: pool_largest(x, rectified), x, towards), answers(plain, x, towards)
    for ours, torchs in zip(found, expected, strict=True):
        assert ours.dtype == torchs.dtype and ours.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(bits(ours), bits(torchs))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_make_no_difference(threads):
    before = torch.get_num_threads()
    x, towards = map_of((3, 16, 11, 12), torch.float32, 0, False), map_of((3, 16, 5, 6), torch.float32, 1, False)
    expected = answers(lambda x: F.max_pool2d(x, 2), x, towards)
    try:
        torch.set_num_threads(threads)
        found = answers(pool_largest, x, towards)
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize("layout", ["expanded", "channels first"])
def test_a_gradient_may_lie_anyhow(layout):
    x = map_of((2, 16, 6, 6), torch.float32, 0, False)
    towards = torch.randn(2, 16, 3, 3) if layout == "channels first" else torch.ones(()).expand(2, 16, 3, 3)
    for ours, torchs in zip(
        answers(pool_largest, x, towards), answers(lambda x: F.max_pool2d(x, 2), x, towards), strict=True
    ):
        assert torch.equal(ours, torchs)


def test_second_and_third_derivatives_are_torchs():
    found = []
    for pool in (pool_largest, lambda x, _: F.relu(F.max_pool2d(x, 2))):
        x = map_of((2, 16, 7, 6), torch.float32, 0, False).requires_grad_()
        (first,) = torch.autograd.grad((pool(x.square(), True) ** 3).sum(), x, create_graph=True)
        (second,) = torch.autograd.grad(first.square().sum(), x, create_graph=True)
        (third,) = torch.autograd.grad(second.square().sum(), x)
        found.append((first, second, third))
    for ours, torchs in zip(*found, strict=True):
        torch.testing.assert_close(ours, torchs)


BIG = (2, 16, 96, 96)


def test_it_is_taken_for_large_maps_in_training_alone():
    x = map_of(BIG, torch.bfloat16, 0, False).requires_grad_()
    assert gains(x) and gains(x.float())
    for other in (
        x.detach(),
        x[:, :, :4],
        x[:, :15].contiguous(memory_format=torch.channels_last),
        x.double(),
        x.half(),
        x.contiguous(),
        x.to("meta"),
        x[:, :, :1].repeat(9, 9, 1, 1),
    ):
        assert not gains(other)
    with torch.no_grad():
        assert not gains(x)
    with forward_ad.dual_level():
        assert not gains(x)
    seen = []
    torch.func.vmap(lambda one: seen.append(gains(one)) or one)(x)
    torch.func.grad(lambda one: seen.append(gains(one)) or one.float().sum())(x)
    assert seen == [False, False]


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_a_network_learns_the_same_with_and_without(kind, monkeypatch):
    layers = [nn.Conv2D(16, 3), nn.MaxPooling2D(), nn.ReLU(), nn.Conv2D(16, 3), nn.MaxPooling2D(padding="same"),
              nn.Activation("relu"), nn.Flatten(), nn.Dense(2)]  # fmt: skip
    network = nn.Sequential(layers, input_shape=(99, 97, 3), seed=0)
    images = torch.randn(16, 3, 99, 97)
    found, taken = [], []
    monkeypatch.setattr("opsin.nn.pooling.gains", lambda x: taken.append(gains(x)) or taken[-1])
    for _ in range(2):
        network.zero_grad()
        with torch.autocast("cpu", kind, enabled=kind != torch.float32):
            network.logits(images).float().square().mean().backward()
        found.append([weight.grad.clone() for weight in network.parameters()])
        monkeypatch.setattr(compiled_pooling, "assembles", lambda: False)
    assert taken == [True, True, False, False]
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_a_checkpoint_computes_the_same_again():
    network = nn.Sequential([nn.Conv2D(16, 3), nn.MaxPooling2D()], input_shape=(96, 96, 3), seed=0)
    x = torch.randn(4, 3, 96, 96, requires_grad=True)
    expected = torch.autograd.grad(network.logits(x).sum(), x)[0]
    y = checkpoint(network.logits, x, use_reentrant=False)
    assert torch.equal(torch.autograd.grad(y.sum(), x)[0], expected)


def test_exporting_sees_torchs_own_pooling():
    network = nn.Sequential([nn.Conv2D(16, 3), nn.MaxPooling2D()], input_shape=(96, 96, 3), seed=0)
    graph = torch.export.export(network.train(), (torch.randn(4, 3, 96, 96),)).graph
    assert any("max_pool2d" in str(node.target) for node in graph.nodes)
