"""OPSIN_KERNELS=0 takes torch's operations everywhere, and both ways compute the same."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from opsin import nn
from opsin.data import ImagePreprocessing
from opsin.kernels import registry
from opsin.kernels.registry import has_onednn
from opsin.runtime.backends import RuntimeCache, TorchRuntime

LAYERS = [
    nn.Conv2D(16, 3, padding="same", activation="relu"), nn.MaxPooling2D(2),
    nn.DepthwiseConv2D(5, strides=2, padding="same", activation="relu6"), nn.Flatten(), nn.Dense(3),
]  # fmt: skip


def outputs_and_gradients(network, precision=torch.bfloat16):
    x = torch.randn((4, 3, 256, 256), generator=torch.Generator().manual_seed(0))
    network.zero_grad()
    with torch.autocast("cpu", precision, enabled=precision != torch.float32):
        y = network.logits(x).float()
    y.square().sum().backward()
    with torch.no_grad():
        pooled = nn.MaxPooling2D(2).build((256, 256, 3))(x.contiguous(memory_format=torch.channels_last))
    return [y.detach(), pooled, *(weight.grad.clone() for weight in network.parameters())]


@pytest.fixture
def runs(monkeypatch):
    """Names of the kernels that run."""
    found = []

    def recording(kernel):
        def run(*arguments):
            found.append(kernel.operation)
            return kernel.run(*arguments)

        return registry.Kernel(kernel.operation, kernel.is_supported, kernel.is_faster, run)

    monkeypatch.setattr(registry, "KERNELS", [recording(kernel) for kernel in registry.KERNELS])
    return found


def test_without_kernels_torch_computes_the_same(runs, monkeypatch):
    network = nn.Sequential(LAYERS, input_shape=(256, 256, 3), seed=0)
    ours, exact = outputs_and_gradients(network), outputs_and_gradients(network, torch.float32)
    if has_onednn():
        assert {"convolution", "depthwise_backward", "max_pool2d"} <= set(runs)
    runs.clear()
    monkeypatch.setattr(registry, "ENABLED", False)
    plain = outputs_and_gradients(network)
    assert not runs
    for one, other, reference in zip(ours, plain, exact, strict=True):
        assert (one - other).norm() <= 0.02 * reference.norm()


def test_without_kernels_networks_are_not_fused(monkeypatch):
    monkeypatch.setattr(registry, "ENABLED", False)
    network = nn.Sequential(LAYERS, input_shape=(32, 32, 3), seed=0)
    preprocessing = ImagePreprocessing(32, 32, 3, (0.5,) * 3, (0.25,) * 3)
    assert isinstance(RuntimeCache().runtime(network, preprocessing), TorchRuntime)


@pytest.mark.parametrize(("value", "expected"), [("0", "False"), ("1", "True"), (None, "True")])
def test_the_environment_variable_is_read_at_the_first_import(value, expected):
    environment = {name: text for name, text in os.environ.items() if name != "OPSIN_KERNELS"}
    environment |= {} if value is None else {"OPSIN_KERNELS": value}
    program = "from opsin.kernels import registry; print(registry.ENABLED)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert ran.stdout.strip() == expected, ran.stderr


def test_the_first_supported_and_faster_kernel_runs(monkeypatch):
    kernels = [
        registry.Kernel("add", lambda x: x > 0, lambda x: x > 10, np.add),
        registry.Kernel("add", lambda x: True, lambda x: x > 5, np.subtract),
        registry.Kernel("multiply", lambda x: True, lambda x: True, np.multiply),
    ]
    monkeypatch.setattr(registry, "KERNELS", kernels)
    found = [None if one is None else one.run for one in map(lambda x: registry.select("add", x), (11, 6, 5))]
    assert found == [np.add, np.subtract, None]
