"""What computes a network's outputs for pixels: PyTorch as it is, PyTorch with fused layers, or OpenVINO."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

from opsin.data import Preprocessing
from opsin.kernels import registry
from opsin.kernels.conditions import has_onednn
from opsin.nn import Sequential

from .inference import fuse


class Runtime(Protocol):
    """Outputs before the last activation, float32, for uint8 pixels (n, height, width, channels)."""

    def logits(self, pixels: Tensor) -> Tensor:
        """(n, units), or (n, units, height, width)."""
        ...


class TorchRuntime:
    """The network itself, on whatever device it is, in evaluation mode while it answers."""

    def __init__(self, network: Sequential, preprocessing: Preprocessing, precision: torch.dtype) -> None:
        self.network, self.preprocessing, self.precision = network, preprocessing, precision

    def logits(self, pixels: Tensor) -> Tensor:
        device = next(self.network.parameters()).device
        training = [module for module in self.network.modules() if module.training]
        for module in training:
            module.training = False
        try:
            with _without_gradients(device.type, self.precision):
                return self.network.logits(self.preprocessing.normalize(pixels.to(device))).float()
        finally:
            for module in training:
                module.training = True


class FusedRuntime:
    """A copy of the network with fused layers, for a processor that has the kernels."""

    def __init__(self, network: Sequential, preprocessing: Preprocessing, precision: torch.dtype) -> None:
        self.network, self.preprocessing, self.precision = fuse(network, precision), preprocessing, precision

    def logits(self, pixels: Tensor) -> Tensor:
        with _without_gradients("cpu", self.precision):
            return self.network.logits(self.preprocessing.normalize(pixels)).float()


class BatchSizeDispatch:
    """One runtime for a single image, one for few, and one from `many` on."""

    def __init__(self, many: int, *chosen: Runtime) -> None:
        self.many, self.chosen = many, chosen

    def logits(self, pixels: Tensor) -> Tensor:
        return self.chosen[(len(pixels) > 1) + (len(pixels) >= self.many)].logits(pixels)


def can_fuse(network: Sequential) -> bool:
    """Whether `FusedRuntime` can take the network: it has weights, and they are on an x86-64 processor with oneDNN."""
    first = next(network.parameters(), None)
    return registry.ENABLED and first is not None and first.device.type == "cpu" and has_onednn()


@contextmanager
def _without_gradients(device: str, precision: torch.dtype) -> Generator[None]:
    with torch.inference_mode(), torch.autocast(device, precision, enabled=precision != torch.float32):
        yield
