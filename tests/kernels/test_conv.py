"""A convolution and its activation in one step give the numbers and gradients of the two in double precision."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin import nn
from opsin.kernels import convolution, pad, registry
from opsin.kernels.conv import onednn_convolution
from opsin.kernels.geometry import ConvGeometry
from opsin.kernels.registry import has_onednn
from opsin.runtime.training import TrainingNetwork

x86 = pytest.mark.skipif(not has_onednn(), reason="no oneDNN for x86-64")


def exactly(x, weight, bias, geometry, activation):
    y = F.conv2d(pad(x, geometry.padding), weight, bias, geometry.stride, (0, 0), geometry.dilation, geometry.groups)
    return {None: y, "relu": y.relu(), "relu6": y.clamp(0, 6)}[activation]


def drawn(shapes, seed, scale=2.0):
    generator = torch.Generator().manual_seed(seed)
    return [None if shape is None else scale * torch.randn(shape, generator=generator) for shape in shapes]


@st.composite
def cases(draw):
    kernel = draw(st.sampled_from([(3, 3), (5, 5), (1, 1), (2, 4)]))
    stride = draw(st.sampled_from([(1, 1), (2, 2), (1, 2)]))
    around = tuple((draw(st.integers(0, side - 1)), draw(st.integers(0, side - 1))) for side in kernel)
    depthwise, channels = draw(st.booleans()), draw(st.sampled_from([3, 16, 32]))
    sides = draw(st.integers(5, 13)), draw(st.integers(5, 17))
    geometry = ConvGeometry(stride, around, (1, 1), channels if depthwise else 1)
    filters = channels if depthwise else draw(st.sampled_from([5, 16]))
    shapes = (draw(st.integers(1, 9)), channels, *sides), (filters, channels // geometry.groups, *kernel)
    return geometry, (*shapes, (filters,) if draw(st.booleans()) else None), draw(st.integers(0, 2**31))


@x86
@settings(deadline=None, max_examples=150)
@given(cases(), st.sampled_from([None, "relu", "relu6"]))
def test_numbers_and_gradients(case, activation):
    geometry, shapes, seed = case
    ours = [None if one is None else one.bfloat16().float().requires_grad_() for one in drawn(shapes, seed)]
    exact = [None if one is None else one.detach().double().requires_grad_() for one in ours]
    with torch.autocast("cpu", torch.bfloat16):
        options = (geometry.stride, geometry.padding, geometry.dilation, geometry.groups)
        made = convolution(*ours, *options, activation)
    expected = exactly(*exact, geometry, activation)
    assert made.dtype == torch.bfloat16 and made.shape == expected.shape
    near = 2**-7 * expected.abs().max()
    assert (made.double() - expected).abs().max() <= near
    (towards,) = drawn([made.shape], seed + 1)
    # where rounding decides whether a sum is cut off, gradients may go either way
    for edge in (0, 6):
        towards[(expected - edge).abs() <= near] = 0
    made.backward(towards.bfloat16())
    expected.backward(towards.bfloat16().double())
    for one, other in zip(ours, exact, strict=True):
        if one is not None:
            assert one.grad.dtype == torch.float32
            assert (one.grad.double() - other.grad).norm() <= 0.01 * other.grad.norm() + 1e-6


@x86
@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_what_is_frozen_gets_no_gradient(frozen):
    geometry = ConvGeometry((1, 1), ((1, 1), (1, 1)), (1, 1), 1)
    given = [
        one.requires_grad_(number != frozen) for number, one in enumerate(drawn(((2, 3, 8, 8), (4, 3, 3, 3), (4,)), 0))
    ]
    onednn_convolution(*given, geometry, "relu").float().sum().backward()
    assert [one.grad is None for one in given] == [number == frozen for number in range(3)]


@x86
def test_gradients_have_gradients():
    geometry = ConvGeometry((1, 1), ((1, 0), (0, 1)), (1, 1), 1)
    found = []
    for way in (onednn_convolution, exactly):
        given = [one.requires_grad_() for one in drawn(((2, 3, 8, 8), (4, 3, 2, 2), (4,)), 0)]
        first = torch.autograd.grad(way(*given, geometry, "relu6").float().square().sum(), given, create_graph=True)
        sum(one.square().sum() for one in first).backward()
        found.append([one.grad for one in given])
    for ours, plain in zip(*found, strict=True):
        assert (ours - plain).norm() <= 0.03 * plain.norm()


def selected(x, groups, activation):
    geometry = ConvGeometry((1, 1), ((0, 0), (0, 0)), (1, 1), groups)
    return registry.select("convolution", x, torch.zeros(8, x.shape[1] // groups, 3, 3), None, geometry, activation)


@x86
def test_it_is_for_training_in_bfloat16_alone():
    x = torch.zeros(1, 8, 4, 4)
    assert not selected(x, 1, "relu")
    with torch.autocast("cpu", torch.bfloat16):
        assert selected(x, 8, None) and selected(x, 1, "relu") and not selected(x, 1, None)
        with torch.no_grad():
            assert not selected(x, 1, "relu")
        with torch.autograd.graph.save_on_cpu():
            assert not selected(x, 1, "relu")


LAYERS = {
    "within": [nn.Conv2D(8, 3, strides=2, padding="same", activation="relu"), nn.Flatten(), nn.Dense(2)],
    "behind": [nn.Conv2D(8, 3), nn.Activation("relu6"), nn.Flatten(), nn.Dense(2)],
    "another activation": [nn.DepthwiseConv2D(3, activation="gelu"), nn.Flatten(), nn.Dense(2)],
    "another activation behind": [nn.DepthwiseConv2D(3), nn.Activation("tanh"), nn.Flatten(), nn.Dense(2)],
    "before max pooling": [nn.Conv2D(8, 3), nn.Activation("relu"), nn.MaxPooling2D(), nn.Flatten(), nn.Dense(2)],
}


def learned(network, precision):
    """The gradients of all weights."""
    x = torch.randn((4, 3, 12, 13), generator=torch.Generator().manual_seed(0))
    network.zero_grad()
    with torch.autocast("cpu", precision, enabled=precision != torch.float32):
        TrainingNetwork(network).logits(x).float().square().mean().backward()
    return [weight.grad.clone() for weight in network.parameters()]


@pytest.mark.parametrize("name", LAYERS)
def test_layers_learn_no_worse_than_by_torch_alone(name, monkeypatch):
    network = nn.Sequential(LAYERS[name], input_shape=(12, 13, 3), seed=0)
    exact, ours = learned(network, torch.float32), learned(network, torch.bfloat16)
    monkeypatch.setattr(registry, "ENABLED", False)
    for one, other, true in zip(ours, learned(network, torch.bfloat16), exact, strict=True):
        assert (one - true).norm() <= 1.5 * (other - true).norm() + 0.005 * true.norm()


@pytest.mark.parametrize("index", [0, 1])
def test_a_hook_sees_what_comes_between(index):
    network, seen = nn.Sequential(LAYERS["behind"], input_shape=(12, 13, 3), seed=0), []
    list(network.children())[index].register_forward_hook(
        lambda module, given, made: seen.append((given[0].min(), made.min()))
    )
    with torch.autocast("cpu", torch.bfloat16):
        TrainingNetwork(network).logits(torch.randn(2, 3, 12, 13))
    assert seen[0][1 - index] < 0
