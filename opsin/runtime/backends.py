"""Runtimes: PyTorch as it is, PyTorch with fused layers, or one for each batch size."""

import copy
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from opsin.data import Preprocessing
from opsin.kernels import registry
from opsin.kernels.registry import has_onednn
from opsin.nn import Sequential

from .inference import fuse

_Module = TypeVar("_Module", bound=torch.nn.Module)


class Runtime(Protocol):
    """Computes the logits of pixels."""

    def logits(self, pixels: Tensor) -> Tensor:
        """Computes the output before the final softmax or sigmoid.

        Args:
            pixels: uint8 (n, height, width, channels).

        Returns:
            float32 (n, units), or (n, units, height, width).
        """
        ...


class TorchRuntime:
    """The network's own layers in evaluation mode, on the network's device. Safe to call from threads.

    The network itself keeps its mode, so that it may be in training at the same time.

    Args:
        network: Network; its weights are shared.
        preprocessing: Preprocessing of its pixels.
        precision: Number format of products.
    """

    def __init__(self, network: Sequential, preprocessing: Preprocessing, precision: torch.dtype) -> None:
        self.network, self.preprocessing, self.precision = evaluation_copy(network), preprocessing, precision

    def logits(self, pixels: Tensor) -> Tensor:
        """Computes logits as `Runtime.logits`."""
        device = next(self.network.parameters(), torch.empty(0)).device
        with _without_gradients(device.type, self.precision):
            return self.network.logits(self.preprocessing.normalize(pixels.to(device))).float()


class FusedRuntime:
    """A copy of the network with fused layers, on an x86-64 CPU with oneDNN. Safe to call from threads.

    Args:
        network: Network; its weights are copied.
        preprocessing: Preprocessing of its pixels.
        precision: Number format of products.
    """

    def __init__(self, network: Sequential, preprocessing: Preprocessing, precision: torch.dtype) -> None:
        self.network, self.preprocessing, self.precision = fuse(network, precision), preprocessing, precision

    def logits(self, pixels: Tensor) -> Tensor:
        """Computes logits as `Runtime.logits`."""
        with _without_gradients("cpu", self.precision):
            return self.network.logits(self.preprocessing.normalize(pixels)).float()


class BatchSizeDispatch:
    """One runtime for a single image, one for few, and one for many.

    Args:
        many: Least number of images that are many.
        chosen: The three runtimes.
    """

    def __init__(self, many: int, *chosen: Runtime) -> None:
        self.many, self.chosen = many, chosen

    def logits(self, pixels: Tensor) -> Tensor:
        """Computes logits as `Runtime.logits`."""
        return self.chosen[(len(pixels) > 1) + (len(pixels) >= self.many)].logits(pixels)


def can_fuse(network: Sequential) -> bool:
    """Returns True if `FusedRuntime` supports the network: weights on an x86-64 CPU, and kernels enabled."""
    first = next(network.parameters(), None)
    return registry.ENABLED and first is not None and first.device.type == "cpu" and has_onednn()


def evaluation_copy(module: _Module) -> _Module:
    """Returns a copy of a module tree in evaluation mode that shares parameters, buffers and hooks."""
    made: Any = copy.copy(module)
    made.training = False
    made._modules = {name: evaluation_copy(child) for name, child in module.named_children()}
    return made


@contextmanager
def _without_gradients(device: str, precision: torch.dtype) -> Generator[None]:
    with torch.inference_mode(), torch.autocast(device, precision, enabled=precision != torch.float32):
        yield
