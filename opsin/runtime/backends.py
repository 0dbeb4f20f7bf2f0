"""Runtimes: PyTorch with the network's own or with fused layers, and the cache that keeps one per model."""

import copy
import itertools
import operator
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from opsin.core import choose_precision
from opsin.data import Preprocessing
from opsin.kernels import registry
from opsin.kernels.registry import has_onednn
from opsin.nn import Sequential

from .inference import fuse

_Module = TypeVar("_Module", bound=torch.nn.Module)
_SAMPLES = 8
"""Values of each tensor that are compared to notice changes that torch does not count."""


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


class RuntimeCache:
    """Keeps the runtime of a network; after any change of a weight it builds a new one. Safe to call from threads.

    Changes are noticed by the identity and address of each tensor, by torch's count of changes in place, and, since
    fused optimizers and `weight.data` do not count, by some values of each tensor.
    """

    def __init__(self) -> None:
        self._kept: tuple[_WeightSnapshot, Runtime] | None = None
        self._lock = threading.RLock()

    def runtime(self, network: Sequential, preprocessing: Preprocessing) -> Runtime:
        """Returns the runtime of the network as it is now; fused on an x86-64 CPU unless layers have hooks.

        Args:
            network: Network on any device.
            preprocessing: Preprocessing of its pixels.
        """
        with self._lock:
            if self._kept is not None and self._kept[0].holds(network, preprocessing):
                return self._kept[1]
            precision = precision_of(network)
            if not can_fuse(network) or _has_hooks(network):
                return TorchRuntime(network, preprocessing, precision)
            fused = FusedRuntime(network, preprocessing, precision)
            self.keep(network, preprocessing, fused)
            return fused

    def keep(self, network: Sequential, preprocessing: Preprocessing, runtime: Runtime) -> None:
        """Keeps a runtime of the network as it is now.

        Args:
            network: Network on any device.
            preprocessing: Preprocessing of its pixels.
            runtime: Runtime to return until a weight changes.
        """
        with self._lock:
            self._kept = _WeightSnapshot(network, preprocessing), runtime


class _WeightSnapshot:
    """All that outputs depend on, at one time; compared before every prediction, so without loops in Python."""

    def __init__(self, network: Sequential, preprocessing: Preprocessing) -> None:
        self.network, self.preprocessing = network, preprocessing
        modules = list(network.modules())
        tables = [(m._modules, m._parameters, m._buffers) for m in modules]  # pyright: ignore[reportPrivateUsage]
        self.tables: list[dict[Any, Any]] = [table for three in tables for table in three if table]
        self.lengths = list(map(len, self.tables))
        self.entries = list(_entries(self.tables))
        self.hooks = [hooks for module in modules for hooks in _hooks(module)]
        values = [value for value in (*network.parameters(), *network.buffers()) if value.is_floating_point()]
        self.values, self.counted = values, [value for value in values if not value.is_inference()]
        self.samples: dict[torch.dtype, list[Tensor]] = {}
        with torch.no_grad():
            for value in values:
                if value.numel():
                    self.samples.setdefault(value.dtype, []).append(_sample(value))
        self.marks, self.sampled = self._marks(), self._sampled()

    def holds(self, network: Sequential, preprocessing: Preprocessing) -> bool:
        """Returns True if nothing has changed and no layer has hooks."""
        return (
            network is self.network
            and preprocessing == self.preprocessing
            and not any(self.hooks)
            and list(map(len, self.tables)) == self.lengths
            and all(map(operator.is_, _entries(self.tables), self.entries))
            and self._marks() == self.marks
            and all(map(torch.equal, self._sampled(), self.sampled))
        )

    def _marks(self) -> tuple[list[int], list[int]]:
        """Returns the address of each tensor, and its number of counted changes in place."""
        return list(map(Tensor.data_ptr, self.values)), list(map(_VERSION, self.counted))

    def _sampled(self) -> list[Tensor]:
        """Returns the bits of the sampled values, in which NaN equals NaN."""
        with torch.no_grad():
            return [torch.cat(views).view(torch.uint8) for views in self.samples.values()]


_VERSION = operator.attrgetter("_version")


def _sample(value: Tensor) -> Tensor:
    """Returns a view of some neighbouring values in the middle of the tensor's memory."""
    size = 1 + sum((side - 1) * step for side, step in zip(value.shape, value.stride(), strict=True))
    count = min(_SAMPLES, size)
    return value.detach().as_strided((count,), (1,), value.storage_offset() + (size - count) // 2)


def precision_of(network: Sequential) -> torch.dtype:
    """Returns the number format of products on the network's device."""
    return choose_precision(next(network.parameters(), torch.empty(0)).device)


def _entries(tables: list[dict[Any, Any]]) -> Iterator[Any]:
    return itertools.chain.from_iterable(map(dict.values, tables))


def _hooks(module: torch.nn.Module) -> tuple[dict[int, Any], dict[int, Any]]:
    return module._forward_hooks, module._forward_pre_hooks  # pyright: ignore[reportPrivateUsage]


def _has_hooks(network: Sequential) -> bool:
    """Returns True if a layer has hooks, which fused layers would not call."""
    return any(hooks for module in network.modules() for hooks in _hooks(module))
