"""Convolutions with a single window along the width, which PyTorch 2.13 gets wrong by itself."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import nn
from opsin.nn.padding import pad_same
from opsin.runtime.inference import fuse


@st.composite
def cases(draw, rank):
    kernel = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    strides = (*(draw(st.integers(1, 3)) for _ in range(rank - 1)), draw(st.integers(2, 3)))
    padding = draw(st.sampled_from(["valid", "same"]))
    least = kernel[-1] if padding == "valid" else 1
    sides = (*(side + draw(st.integers(0, 5)) for side in kernel[:-1]), least + draw(st.integers(0, strides[-1] - 1)))
    return kernel, strides, padding, sides, draw(st.integers(1, 3)), draw(st.integers(1, 5))


def exactly(x, module):
    convolve = {4: F.conv2d, 5: F.conv3d}[x.ndim]
    weight, bias = (one.detach().double().clone(memory_format=torch.contiguous_format) for one in module.parameters())
    x = x if module.same is None else pad_same(x, module.same)
    padding = module.padding
    return convolve(x.double().clone(memory_format=torch.contiguous_format), weight, bias, module.stride, padding)


@pytest.mark.parametrize("rank", [2, 3])
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_numbers_are_those_of_the_map(rank, data):
    kernel, strides, padding, sides, n, filters = data.draw(cases(rank))
    layer = {2: nn.Conv2D, 3: nn.Conv3D}[rank](filters, kernel, strides, padding)
    network = nn.Sequential([layer], input_shape=(*sides, 1), seed=0).eval()
    x = torch.randn((n, *sides, 1), generator=torch.Generator().manual_seed(0)).movedim(-1, 1)
    junk = [torch.full((size,), 1e3) for size in (30, 100, 300, 1000)]
    del junk
    module = next(network.children())
    assert network.output_shape[-2] == 1
    expected = exactly(x, module)
    ways = [network.logits, module, *([fuse(network, torch.float32).logits] if rank == 2 else [])]
    for way in ways:
        torch.testing.assert_close(way(x).double(), expected, rtol=1e-4, atol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        found = [network.logits(x), *([fuse(network, torch.bfloat16).logits(x)] if rank == 2 else [])]
    for one in found:
        torch.testing.assert_close(one.double(), expected, rtol=0.05, atol=0.05)


@st.composite
def narrow(draw):
    """Maps of a few columns, mostly with a single window along the width, and a layer over them."""
    kernel, stride = (
        (draw(st.integers(1, 5)), draw(st.integers(2, 5))),
        (draw(st.integers(1, 3)), draw(st.integers(2, 3))),
    )
    padding, activation = draw(st.sampled_from(["valid", "same"])), draw(st.sampled_from([None, "relu"]))
    least = kernel if padding == "valid" else (1, 1)
    sides = least[0] + draw(st.integers(0, 6)), least[1] + draw(st.integers(0, 2))
    channels, groups = draw(st.sampled_from([(3, 1), (16, 1), (64, 1), (16, 16), (64, 4)]))
    layer = nn.Conv2D(4 * groups, kernel, stride, padding, activation, groups=groups)
    if groups == channels:
        layer = nn.DepthwiseConv2D(kernel, stride, padding, activation=activation)
    return layer, sides, channels, draw(st.integers(1, 5))


def error(found, expected):
    return float((found.double() - expected).norm() / (expected.norm() + 1e-6))


@settings(deadline=None, max_examples=150)
@given(narrow())
def test_outputs_and_gradients_of_narrow_maps_in_bfloat16(case):
    layer, sides, channels, n = case
    network = nn.Sequential([layer], input_shape=(*sides, channels), seed=0)
    module = next(network.children())
    generator = torch.Generator().manual_seed(0)
    for weight in network.parameters():
        weight.data = torch.randn(weight.shape, generator=generator).bfloat16().float()
    x = torch.randn((n, channels, *sides), generator=generator).bfloat16().float().requires_grad_()
    inputs = [one.detach().double().requires_grad_() for one in (x, module.weight, module.bias)]
    padded = inputs[0] if module.same is None else pad_same(inputs[0], module.same)
    padding = module.padding
    sums = F.conv2d(padded, *inputs[1:], module.stride, padding, 1, module.groups)
    with torch.autocast("cpu", torch.bfloat16):
        found = network.logits(x).float()
        with torch.no_grad():
            assert error(network.logits(x), sums.relu() if module.activation else sums) < 0.02
        fused = fuse(network.eval(), torch.bfloat16).logits(x.detach())
    expected = sums.relu() if module.activation else sums
    assert error(found, expected) < 0.02 and error(fused, expected) < 0.02
    towards = torch.randn(found.shape, generator=generator).bfloat16().float()
    towards[sums.abs() < 0.02 * sums.abs().max()] = 0  # where rounding decides about the ReLU
    found.backward(towards)
    expected.backward(towards.double())
    for ours, exact in zip((x, module.weight, module.bias), inputs, strict=True):
        assert error(ours.grad, exact.grad) < 0.03


@pytest.mark.parametrize("kernel", [2, 3, 4])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("height", [1, 3, 6, 8])
def test_gradients_of_transposed_convolutions_of_one_column_in_bfloat16(kernel, padding, height):
    network = nn.Sequential([nn.Conv2DTranspose(8, kernel, 2, padding)], input_shape=(height, 1, 16), seed=0)
    exact = nn.Sequential([nn.Conv2DTranspose(8, kernel, 2, padding)], input_shape=(height, 1, 16), seed=0).double()
    x = torch.randn((3, 16, height, 1), generator=torch.Generator().manual_seed(0))
    inputs = [x.clone().requires_grad_(), x.double().requires_grad_()]
    with torch.autocast("cpu", torch.bfloat16):
        found = network.logits(inputs[0])
    found.float().square().sum().backward()
    exact.logits(inputs[1]).square().sum().backward()
    for ours, expected in zip((inputs[0], *network.parameters()), (inputs[1], *exact.parameters()), strict=True):
        assert error(ours.grad, expected.grad) < 0.03
