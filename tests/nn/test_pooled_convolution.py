"""A convolution and its pooling in one pass give what plain operations give in double precision, gradients too."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import nn
from opsin.core.assembly import multiplies_bfloat16
from opsin.nn import pooled_convolution
from opsin.nn.fused import fuse
from opsin.nn.fused_modules import FusedPooledConvolution
from opsin.nn.pooled_convolution import convolve_and_pool, gains, worth

pytestmark = pytest.mark.skipif(not multiplies_bfloat16(), reason="no llvmlite, or no processor with AVX512_BF16")
ROUNDING = 2**-8
"""Of bfloat16, relative to the number."""
SUMS = 2e-5
"""Of float32 sums of some thousand numbers, relative to the largest."""


@pytest.fixture(autouse=True)
def small_maps_too(monkeypatch):
    monkeypatch.setattr(pooled_convolution, "_MANY", 0)


def layers(shape, filters, kernel, padding="valid", bias=True, seed=0):
    torch.manual_seed(seed)
    convolution = nn.Conv2D(filters, kernel, padding=padding, activation="relu", use_bias=bias).build(shape)
    if bias:
        torch.nn.init.normal_(convolution.bias, std=0.2)
    return convolution, nn.MaxPooling2D().build((*shape[:2], filters))


def images(n, shape, seed=0):
    height, width, channels = shape
    x = torch.randn((n, channels, height, width), generator=torch.Generator().manual_seed(seed))
    return x.contiguous(memory_format=torch.channels_last)


def plain(x, convolution):
    """The same in double precision, from numbers rounded to bfloat16."""
    weight = convolution.weight.detach().bfloat16().double().requires_grad_()
    bias = None if convolution.bias is None else convolution.bias.detach().double().requires_grad_()
    sums = F.conv2d(x.bfloat16().double(), weight, bias, padding=convolution.padding)
    return F.relu(F.max_pool2d(sums, 2)), [one for one in (weight, bias) if one is not None]


def close(found, expected, relative):
    assert found.shape == expected.shape
    assert (found.double() - expected).abs().max() <= relative * expected.abs().max() + 1e-12


KERNELS = st.sampled_from([(3, 3, 3), (3, 3, 1), (5, 5, 1), (2, 2, 3), (1, 5, 3), (4, 1, 2), (3, 2, 4)])


@settings(deadline=None, max_examples=60)
@given(
    KERNELS,
    st.tuples(st.integers(1, 19), st.integers(6, 21), st.integers(17, 30)),
    st.sampled_from([16, 32, 48, 80]),
    st.sampled_from(["valid", "same"]),
    st.booleans(),
    st.integers(0, 2**32),
)
def test_numbers_and_gradients_are_those_of_plain_operations(kernel, sizes, filters, padding, bias, seed):
    *kernel, channels = kernel
    n, *size = sizes
    convolution, pooling = layers((*size, channels), filters, tuple(kernel), padding, bias, seed)
    x = images(n, (*size, channels), seed)
    if convolution.same is not None:  # zeros are not the same on both sides
        with torch.autocast("cpu", torch.bfloat16):
            assert not gains(x, convolution, pooling)
        return
    with torch.autocast("cpu", torch.bfloat16):
        if not gains(x, convolution, pooling):
            assert kernel[1] * channels < 2
            return
        y = convolve_and_pool(x, convolution)
    expected, weights = plain(x, convolution)
    assert y.dtype == torch.bfloat16 and y.is_contiguous(memory_format=torch.channels_last)
    close(y, expected, ROUNDING)
    towards = torch.randn(y.shape, generator=torch.Generator().manual_seed(seed)).bfloat16()
    for ours, theirs in zip(
        torch.autograd.grad(y, list(convolution.parameters()), towards),
        torch.autograd.grad(expected, weights, towards.double()),
        strict=True,
    ):
        assert ours.dtype == torch.float32
        close(ours, theirs, SUMS)


def test_threads_make_no_difference():
    convolution, _ = layers((17, 20, 3), 32, 3)
    x, before, found = images(19, (17, 20, 3)), torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            y = convolve_and_pool(x, convolution)
            found.append((y, *torch.autograd.grad(y.float().square().sum(), list(convolution.parameters()))))
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(one, two) for one, two in zip(found[0], other, strict=True))


def test_gradients_of_gradients_are_those_of_plain_operations():
    convolution, _ = layers((12, 20, 3), 16, 3)
    x, found = images(3, (12, 20, 3)), []
    expected, weights = plain(x, convolution)
    for y, parameters in ((convolve_and_pool(x, convolution), list(convolution.parameters())), (expected, weights)):
        first = torch.autograd.grad((y.double() ** 3).sum(), parameters, create_graph=True)
        second = torch.autograd.grad(sum(one.double().square().sum() for one in first), parameters)
        found.append((*first, *second))
    for ours, theirs in zip(*found, strict=True):
        close(ours, theirs, 0.02)  # y itself is rounded to bfloat16


@pytest.mark.parametrize("place", ["images", "weights", "bias"])
def test_what_is_not_a_number_is_told(place):
    convolution, _ = layers((12, 20, 3), 16, 3)
    x = images(2, (12, 20, 3))
    with torch.no_grad():
        {"images": x, "weights": convolution.weight, "bias": convolution.bias}[place][0] = float("nan")
        y = convolve_and_pool(x, convolution)
        expected = F.relu(F.max_pool2d(convolution.convolve(x), 2))
    assert torch.equal(y.isnan(), expected.isnan()) and y.isnan().any()


def test_frozen_weights_get_no_gradient():
    convolution, _ = layers((12, 20, 3), 16, 3)
    convolution.weight.requires_grad_(False)
    convolve_and_pool(images(2, (12, 20, 3)), convolution).float().sum().backward()
    assert convolution.weight.grad is None and convolution.bias.grad.abs().sum() > 0


def test_it_is_taken_for_images_in_bfloat16_on_a_processor_alone(monkeypatch):
    shape = (12, 20, 3)
    convolution, pooling = layers(shape, 16, 3)
    x = images(2, shape)
    assert not gains(x, convolution, pooling)  # float32
    with torch.autocast("cpu", torch.bfloat16):
        assert gains(x, convolution, pooling)
        assert not gains(x.clone().requires_grad_(), convolution, pooling)
        assert not gains(x.to("meta"), convolution, pooling)
        for filters, kernel, more in (
            (20, 3, {}),
            (16, 5, {}),
            (16, 3, {"strides": 2}),
            (16, 3, {"dilation_rate": 2}),
            (16, 3, {"activation": "relu6"}),
            (144, 3, {}),
        ):
            other = nn.Conv2D(filters, kernel, **{"activation": "relu", **more}).build(shape)
            assert not gains(x, other, pooling)
        for other in (nn.MaxPooling2D(3), nn.MaxPooling2D(2, strides=1), nn.AveragePooling2D(),
                      nn.MaxPooling2D(padding="same")):  # fmt: skip
            assert not gains(x, convolution, other.build((10, 18, 16)))
        monkeypatch.setattr(pooled_convolution, "multiplies_bfloat16", lambda: False)
        assert not gains(x, convolution, pooling)


def test_it_is_worth_it_for_large_maps_alone(monkeypatch):
    monkeypatch.setattr(pooled_convolution, "_MANY", 2**16)
    assert worth(images(1, (66, 66, 3)), (0, 0), (16, 3, 3, 3))
    assert not worth(images(1, (65, 66, 3)), (0, 0), (16, 3, 3, 3))
    assert not worth(torch.empty(1, 3, 66, 2000, device="meta"), (0, 0), (16, 3, 3, 3))


NETWORK = [nn.Conv2D(32, 3, activation="relu"), nn.MaxPooling2D(), nn.Flatten(), nn.Dense(4)]


def test_a_network_learns_no_worse_than_with_torchs_own_operations(monkeypatch):
    network = nn.Sequential(NETWORK, input_shape=(32, 30, 3), seed=0)
    x, found = images(16, (32, 30, 3)), []
    for precision, there in ((torch.float32, False), (torch.bfloat16, True), (torch.bfloat16, False)):
        monkeypatch.setattr(pooled_convolution, "multiplies_bfloat16", lambda there=there: there)
        network.zero_grad()
        with torch.autocast("cpu", precision, enabled=precision != torch.float32):
            network.logits(x).float().square().mean().backward()
        found.append(torch.cat([weight.grad.flatten() for weight in network.parameters()]))
    exact, ours, torchs = found
    assert not torch.equal(ours, torchs)  # both ways were gone
    assert (ours - exact).norm() <= 1.05 * (torchs - exact).norm() <= 0.05 * exact.norm()


def test_hooks_see_the_map_between():
    network, seen = nn.Sequential(NETWORK, input_shape=(32, 30, 3), seed=0), []
    next(network.children()).register_forward_hook(lambda module, given, y: seen.append(tuple(y.shape)))
    with torch.autocast("cpu", torch.bfloat16):
        network.logits(images(2, (32, 30, 3)))
    assert seen == [(2, 32, 30, 28)]


@pytest.mark.parametrize("many", [0, 2**40])
def test_answers_are_those_of_float32_within_their_rounding(many, monkeypatch):
    monkeypatch.setattr(pooled_convolution, "_MANY", many)
    network = nn.Sequential(NETWORK, input_shape=(32, 30, 3), seed=0).eval()
    torch.nn.init.normal_(next(network.children()).bias)
    fused, x = fuse(network, torch.bfloat16), images(5, (32, 30, 3))
    assert type(next(fused.children())) is FusedPooledConvolution
    with torch.inference_mode():
        close(fused.logits(x).float(), network.logits(x).double(), 0.02)
