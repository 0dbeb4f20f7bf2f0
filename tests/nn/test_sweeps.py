"""Windows that sweep over maps give what plain operations give in double precision."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import nn
from opsin.core.assembly import multiplies_bfloat16
from opsin.nn.fused import fuse
from opsin.nn.fused_modules import FusedConvolution, FusedPooling
from opsin.nn.sweeps import convolve, made, pool, sweeps
from opsin.nn.window import Window

coded = pytest.mark.skipif(not multiplies_bfloat16(), reason="no llvmlite, or no processor with AVX512_BF16")
ROUNDING = 2**-8
"""Of bfloat16, relative to the number."""


@st.composite
def cases(draw):
    kernel = draw(st.sampled_from([(3, 3), (5, 5), (2, 2), (1, 4), (7, 7), (3, 1)]))
    strides = draw(st.sampled_from([(1, 1), (2, 2), (1, 2), (3, 3)]))
    around = [(draw(st.integers(0, side - 1)), draw(st.integers(0, side - 1))) for side in kernel]
    height = draw(st.integers(max(1, kernel[0] - sum(around[0])), 12))
    width = draw(st.integers(max(1, kernel[1] - sum(around[1])), 30))
    n, channels = draw(st.integers(1, 3)), draw(st.sampled_from([16, 48]))
    return Window(kernel, strides, (1, 1)), around, (n, channels, height, width), draw(st.integers(0, 2**31))


def a_map(shape, seed):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 4
    return x.bfloat16().contiguous(memory_format=torch.channels_last)


def with_zeros(x, around, value=0.0):
    return F.pad(x, [amount for pair in reversed(around) for amount in pair], value=value)


@coded
@settings(deadline=None, max_examples=150)
@given(cases(), st.sampled_from([None, "relu", "relu6"]))
def test_depthwise_convolution(case, activation):
    window, around, shape, seed = case
    x = a_map(shape, seed)
    if not sweeps(x, window, around):
        assert made(x, window, around)[1] < 4
        return
    channels, (rows, columns) = shape[1], window.kernel
    weight = torch.randn((channels, 1, rows, columns), generator=torch.Generator().manual_seed(seed + 1))
    biases = torch.randn(channels, generator=torch.Generator().manual_seed(seed + 2))
    padded = with_zeros(x.double(), around)
    exact = F.conv2d(padded, weight.double(), biases.double(), window.strides, groups=channels)
    exact = {None: exact, "relu": exact.relu(), "relu6": exact.clamp(0, 6)}[activation]
    found = convolve(x, weight.flatten(1).t().contiguous(), biases, window, around, activation)
    assert found.shape == exact.shape and found.is_contiguous(memory_format=torch.channels_last)
    assert ((found.double() - exact).abs() <= ROUNDING * exact.abs() + 1e-4).all()


@coded
@settings(deadline=None, max_examples=150)
@given(cases(), st.booleans())
def test_max_pooling_bit_for_bit(case, unknown):
    window, around, shape, seed = case
    x = a_map(shape, seed)
    if unknown:
        x[0, 0, -1, -1] = float("nan")
    if sweeps(x, window, around):
        expected = F.max_pool2d(with_zeros(x, around, float("-inf")), window.kernel, window.strides)
        torch.testing.assert_close(pool(x, window, around), expected, rtol=0, atol=0, equal_nan=True)


@coded
def test_an_unknown_number_stays_unknown():
    x = torch.full((1, 16, 6, 6), float("nan")).bfloat16().contiguous(memory_format=torch.channels_last)
    window, around = Window((3, 3), (1, 1), (1, 1)), [(1, 1), (1, 1)]
    assert convolve(x, torch.ones(9, 16), torch.zeros(16), window, around, "relu6").isnan().all()


@coded
@pytest.mark.parametrize(
    "x",
    [
        torch.zeros(1, 16, 9, 9),
        torch.zeros(1, 24, 9, 9).bfloat16(),
        torch.zeros(0, 16, 9, 9).bfloat16(),
        torch.zeros(1, 16, 9, 5).bfloat16(),
        torch.zeros(1, 16, 9, 9).bfloat16().contiguous(),
    ],
    ids=["float32", "channels that fill no register", "no image", "a narrow map", "channels first"],
)
def test_other_maps_are_left_to_torch(x):
    if x.shape[1] != 16 or x.shape[3] != 9 or x.dtype == torch.float32 or not len(x):
        x = x.contiguous(memory_format=torch.channels_last)
    assert not sweeps(x, Window((3, 3), (1, 1), (1, 1)), [(0, 0), (0, 0)])


BEFORE = {
    "a convolution": [nn.Conv2D(16, 3, activation="relu")],
    "a convolution without rectifier": [nn.Conv2D(16, 3)],
    "a residual": [nn.Conv2D(16, 3), nn.Residual([nn.Conv2D(16, 3, padding="same")]), nn.Activation("relu")],
}
BEHIND = {
    "max pooling": [nn.MaxPooling2D(3, strides=2)],
    "max pooling, same": [nn.MaxPooling2D(3, strides=2, padding="same")],
    "average pooling": [nn.AveragePooling2D(3, strides=2)],
    "a convolution": [nn.Conv2D(8, 3, strides=2, activation="relu")],
    "a convolution, same": [nn.Conv2D(8, 3, padding="same", use_bias=False)],
    "a depthwise convolution": [nn.DepthwiseConv2D(3, strides=2, activation="relu6")],
    "a depthwise convolution, then pooling": [nn.DepthwiseConv2D(5, activation="relu"), nn.MaxPooling2D()],
}


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("padding", [1, ((0, 1), (0, 1)), ((2, 1), (1, 1))])
@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("before", BEFORE)
def test_zeros_around_a_map_become_part_of_what_is_behind(before, behind, padding, precision):
    layers = [*BEFORE[before], nn.ZeroPadding2D(padding), *BEHIND[behind]]
    network = nn.Sequential(layers, input_shape=(21, 22, 3), seed=0).eval()
    for weight in network.parameters():
        if weight.ndim == 1:
            torch.nn.init.normal_(weight, -0.5, 0.5, generator=torch.Generator().manual_seed(0))
    x = torch.randn((2, 3, 21, 22), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        plain, fused = network.logits(x), fuse(network, precision)
        found = fused.logits(x).float()
    allowed = 2e-5 if precision == torch.float32 else 0.03
    torch.testing.assert_close(found, plain, rtol=allowed, atol=allowed * float(plain.abs().max()))
    merged = "pooling" not in behind or (behind == "max pooling" and "without" not in before) or "depthwise" in behind
    assert any("zero_padding" in name for name, _ in fused.named_children()) != merged


def test_what_pools_and_what_takes_zeros_is_one_step():
    layers = [nn.Conv2D(16, 3), nn.Activation("relu"), nn.ZeroPadding2D(1), nn.MaxPooling2D(3, strides=2)]
    network = nn.Sequential(layers, input_shape=(21, 22, 3), seed=0).eval()
    assert [type(module) for module in fuse(network, torch.float32).children()] == [FusedConvolution, FusedPooling]
