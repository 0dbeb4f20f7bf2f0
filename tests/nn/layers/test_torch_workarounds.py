"""Convolutions of grey images whose windows fit only once along the width; PyTorch 2.13 gets them wrong by itself."""

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
