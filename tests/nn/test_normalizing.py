"""Normalization in machine code beside torch's in double precision, from the same rounded numbers."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from opsin.core.assembly import multiplies_bfloat16
from opsin.nn import BatchNormalization, Conv2D, ReLU, Sequential, normalizing
from opsin.nn.normalizing import BatchNorm2dModule, gains

needs_code = pytest.mark.skipif(not multiplies_bfloat16(), reason="needs AVX512_BF16 and llvmlite")


@pytest.fixture(autouse=True)
def small_maps_too(monkeypatch):
    monkeypatch.setattr(normalizing, "_MANY", 1)


def drawn(seed, *shape, spread=1.0, about=0.0):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * spread + about
    return x.to(memory_format=torch.channels_last).bfloat16() if len(shape) == 4 else x


def module_of(channels, seed, weight=True, bias=True):
    module = BatchNorm2dModule(channels, eps=1e-3, momentum=0.1)
    module.weight = nn.Parameter(drawn(seed, channels) + 1) if weight else None
    module.bias = nn.Parameter(drawn(seed + 1, channels)) if bias else None
    return module


def exact(x, module, rectifier, gradient, made):
    """Output, gradients, mean and variance in double precision; the sign of numbers next to 0 is as `made` says."""
    x = x.double().requires_grad_()
    learned = [None if one is None else one.detach().double().requires_grad_() for one in (module.weight, module.bias)]
    y = F.batch_norm(x, None, None, *learned, training=True, eps=module.eps)
    kept = torch.ones_like(y, dtype=torch.bool) if rectifier is None else made > 0
    kept &= y < 6 if rectifier == "relu6" else True
    asked = [one for one in (x, *learned) if one is not None]
    slopes = torch.autograd.grad(y, asked, gradient.double() * kept)
    y = {None: y, "relu": y.relu(), "relu6": F.relu6(y)}[rectifier]
    return y, slopes, x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=True)


def close(found, expected, tolerance):
    """Within a share of the largest, beside what rounding to bfloat16 does to the number itself."""
    room = expected.abs().max() * tolerance + expected.abs() * 2**-8
    assert ((found.double() - expected).abs() <= room).all()


@needs_code
@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([(1, 16, 3, 5), (3, 32, 7, 9), (8, 48, 13, 4), (2, 16, 30, 40)]),
    st.sampled_from([None, "relu", "relu6"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([0.0, 300.0]),
)
def test_numbers_and_gradients_are_those_of_double_precision(seed, shape, rectifier, weight, bias, about):
    x, module = drawn(seed, *shape, spread=3.0, about=about), module_of(shape[1], seed, weight, bias)
    gradient = drawn(seed + 9, *shape)
    x.requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        assert gains(x, module)
        y = module.normalize(x, rectifier)
    assert y.dtype == torch.bfloat16 and y.is_contiguous(memory_format=torch.channels_last)
    y.backward(gradient)
    expected, slopes, mean, variance = exact(x.detach(), module, rectifier, gradient, y)
    close(y, expected, 1e-4)
    learned = [one for one in (module.weight, module.bias) if one is not None]
    for found, slope in zip((x, *learned), slopes, strict=True):
        close(found.grad, slope, 1e-4)
    assert torch.allclose(module.running_mean.double(), 0.1 * mean, rtol=1e-4, atol=1e-5)
    assert torch.allclose(module.running_var.double(), 0.9 + 0.1 * variance, rtol=1e-4)
    assert module.num_batches_tracked == 1


@needs_code
def test_how_many_threads_there_are_makes_no_difference():
    x, module, gradient = drawn(0, 4, 32, 40, 30), module_of(32, 1), drawn(2, 4, 32, 40, 30)
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            given = x.clone().requires_grad_()
            with torch.autocast("cpu", torch.bfloat16):
                y = module.normalize(given, "relu")
            found.append((y, *torch.autograd.grad(y, [given, module.weight, module.bias], gradient)))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


@needs_code
def test_a_gradient_of_the_gradient_is_torchs():
    x, module = drawn(3, 2, 16, 5, 6).requires_grad_(), module_of(16, 4)
    with torch.autocast("cpu", torch.bfloat16):
        y = module.normalize(x, "relu")
    (slope,) = torch.autograd.grad(y.float().square().sum(), x, create_graph=True)
    (found,) = torch.autograd.grad(slope.float().square().sum(), module.weight)
    z = x.detach().float().requires_grad_()
    other = F.batch_norm(z, None, None, module.weight, module.bias, training=True, eps=module.eps).relu()
    (slope,) = torch.autograd.grad(other.square().sum(), z, create_graph=True)
    (expected,) = torch.autograd.grad(slope.square().sum(), module.weight)
    assert torch.allclose(found, expected, rtol=0.05, atol=0.02 * float(expected.abs().max()))


@needs_code
def test_a_network_learns_with_it_as_without(monkeypatch):
    def trained(many):
        monkeypatch.setattr(normalizing, "_MANY", many)
        layers = [Conv2D(16, 3, use_bias=False), BatchNormalization(), ReLU(), Conv2D(16, 3), BatchNormalization()]
        net = Sequential(layers, input_shape=(14, 14, 3), seed=0).to(memory_format=torch.channels_last).train()
        images = torch.randn(8, 3, 14, 14, generator=torch.Generator().manual_seed(0))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(5):
            with torch.autocast("cpu", torch.bfloat16):
                loss = (net.logits(images).float() - 1).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return float(loss.detach()), net.batch_normalization.running_var

    found, expected = trained(1), trained(2**62)
    assert found[0] == pytest.approx(expected[0], rel=0.01)
    assert torch.allclose(found[1], expected[1], rtol=0.01)


def test_other_maps_are_left_to_torch():
    module = module_of(16, 0)
    with torch.autocast("cpu", torch.bfloat16):
        x = drawn(0, 2, 16, 6, 6)
        assert gains(x, module) == multiplies_bfloat16()
        others = [x.float(), x.contiguous(), drawn(0, 2, 24, 6, 6), drawn(0, 1, 16, 1, 1), x[0]]
        assert not any(gains(other, module) for other in others)
        with torch.no_grad():
            assert not gains(x, module)
        module.eval()
        assert not gains(x, module)
        assert torch.equal(module.normalize(x, "relu"), F.relu(module(x)))
    assert not gains(x, module.train())


def test_hooks_see_what_comes_between():
    net = Sequential([BatchNormalization(), ReLU()], input_shape=(6, 6, 16), seed=0).train()
    seen = []
    net.batch_normalization.register_forward_hook(lambda module, given, made: seen.append(made.detach().clone()))
    with torch.autocast("cpu", torch.bfloat16):
        y = net.logits(drawn(0, 2, 16, 6, 6).requires_grad_())
    assert torch.equal(seen[0].relu(), y) and (seen[0] < 0).any()
