import pytest
import torch

from opsin import nn
from opsin.kernels import depthwise_backward
from opsin.kernels.conv import onednn_convolution
from opsin.kernels.geometry import ConvGeometry
from opsin.kernels.llvm_ir import has_avx512_bf16


@pytest.mark.parametrize(("channels", "multiplier"), [(8, 2), (48, 1)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [
        (3, 1, 1, 1),
        (3, 2, 0, 1),
        (3, 2, 1, 1),
        (2, 2, 0, 1),
        (4, 2, 1, 1),
        (5, 1, 2, 1),
        (5, 2, 2, 1),
        (4, 1, 1, 1),
        (7, 1, 3, 1),
        (7, 2, 0, 1),
        (5, 1, 4, 2),
        ((1, 5), 1, 0, 1),
    ],
)
def test_gradients_are_those_of_float64(kernel, stride, padding, dilation, bias, channels, multiplier):
    torch.manual_seed(0)
    kernel = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    x, weight = torch.randn(9, channels, 11, 14), torch.randn(multiplier * channels, 1, *kernel)
    given = [x, weight, *([torch.randn(multiplier * channels)] if bias else [])]
    given = [one.bfloat16().double().requires_grad_() for one in given]
    exact = torch.conv2d(given[0], given[1], given[2] if bias else None, stride, padding, dilation, channels)
    weights = torch.randn_like(exact).bfloat16().double()
    (exact * weights).sum().backward()
    mine = [one.detach().float().requires_grad_() for one in given]
    settings = ConvGeometry((stride,) * 2, ((padding,) * 2,) * 2, (dilation,) * 2, channels)
    answer = onednn_convolution(mine[0], mine[1], mine[2] if bias else None, settings, None)
    assert answer.dtype == torch.bfloat16
    torch.testing.assert_close(answer.double(), exact, rtol=2e-2, atol=2e-2)
    (answer.float() * weights.float()).sum().backward()
    for one, other in zip(mine, given, strict=True):
        assert one.grad.dtype == torch.float32
        scale = other.grad.abs().max()
        torch.testing.assert_close(one.grad.double(), other.grad, rtol=1e-2, atol=float(1e-2 * scale))


def test_a_layer_in_bfloat16_has_the_gradients_of_float32():
    torch.manual_seed(0)
    layers = [nn.DepthwiseConv2D(5, strides=2, padding="same"), nn.Flatten(), nn.Dense(1)]
    network = nn.Sequential(layers, input_shape=(12, 12, 3), seed=0)
    images = torch.randn(2, 3, 12, 12)
    found = []
    for in_bfloat16 in (True, False):
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=in_bfloat16):
            network.logits(images).float().square().mean().backward()
        found.append([weight.grad.clone() for weight in network.parameters()])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=3e-2, atol=float(3e-2 * other.abs().max()))


def gradients(threads, dtype=torch.float32):
    """Of everything, by that many threads."""
    generator = torch.Generator().manual_seed(0)
    given = [torch.randn(shape, generator=generator) for shape in ((9, 16, 11, 12), (16, 1, 5, 5), (16,))]
    given = [one.to(dtype).requires_grad_() for one in given]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        onednn_convolution(
            *given, ConvGeometry((2, 2), ((2, 2),) * 2, (1, 1), 16), None
        ).float().square().sum().backward()
    finally:
        torch.set_num_threads(before)
    return [one.grad for one in given]


@pytest.mark.skipif(not has_avx512_bf16(), reason="no llvmlite, or no processor with AVX512_BF16")
def test_machine_code_gives_what_torch_gives_whatever_the_threads(monkeypatch):
    found = [gradients(threads) for threads in (1, 2, 3)]
    for other in found[1:]:
        assert all(torch.equal(one, two) for one, two in zip(found[0], other, strict=True))
    monkeypatch.setattr(depthwise_backward, "has_avx512_bf16", lambda: False)
    plain = gradients(2)
    assert not torch.equal(found[0][1], plain[1])  # both ways were gone
    for ours, torchs in zip(found[0], plain, strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-2, atol=float(1e-2 * torchs.abs().max()))


def test_frozen_kernels_get_no_gradient():
    x, kernels = torch.randn(1, 2, 5, 5, requires_grad=True), torch.randn(2, 1, 3, 3)
    onednn_convolution(x, kernels, None, ConvGeometry((1, 1), ((1, 1),) * 2, (1, 1), 2), None).float().sum().backward()
    assert kernels.grad is None and x.grad.shape == x.shape
