"""Runtime of a model: built once and kept until the network's weights change."""

import itertools
import operator
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from opsin.core import OpsinError, choose_precision
from opsin.data import Preprocessing
from opsin.nn import Sequential

from .backends import BatchSizeDispatch, FusedRuntime, Runtime, TorchRuntime, can_fuse
from .openvino import OpenVinoRuntime

_MAX_DIFFERENCE = 0.05
"""Largest difference between outputs of two runtimes, relative to the largest output (a bfloat16 has 3 digits)."""
_TIMED_CALLS = 15
_MANY = 64
"""Images of a timed batch, if that is at least one round of all cores."""
_PAUSE = 0.05
_SAMPLES = 8
"""Values of each tensor that are compared to notice changes that torch does not count."""


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
            precision = _precision(network)
            if not can_fuse(network) or _has_hooks(network):
                return TorchRuntime(network, preprocessing, precision)
            snapshot = _WeightSnapshot(network, preprocessing)
            self._kept = snapshot, FusedRuntime(network, preprocessing, precision)
            return self._kept[1]

    def select_backend(self, network: Sequential, preprocessing: Preprocessing, together: int) -> str:
        """Selects OpenVINO for one image, few or many where it is faster and its outputs are the same within 5 %.

        Args:
            network: Network on the CPU.
            preprocessing: Preprocessing of its pixels.
            together: Images that each core takes at a time of many.

        Returns:
            One line with the choice and the times.

        Raises:
            OpsinError: OpenVINO is not installed, the network is not on an x86-64 CPU, or a layer is not supported.
        """
        if not can_fuse(network):
            raise OpsinError(
                "OpenVINO runs networks on an x86-64 CPU with OPSIN_KERNELS unset. The runtime was not changed."
            )
        try:
            other = OpenVinoRuntime(network, preprocessing, _precision(network), together)
        except ImportError as error:
            raise OpsinError(f"OpenVINO is not installed ({error}). Fix: pip install 'opsin[fast]'.") from error
        except Exception as error:  # its converter raises errors of many kinds
            message = " ".join(str(error).split())[:200]
            raise OpsinError(
                f"OpenVINO cannot convert this network: {message}. The runtime was not changed."
            ) from error
        own, random = self.runtime(network, preprocessing), torch.Generator().manual_seed(0)
        lines: list[str] = []
        chosen: list[Runtime] = []
        many = other.at_once
        for count in (1, max(2, many // 2), max(many, min(_MANY, 4 * many))):
            pixels = torch.randint(256, (count, *preprocessing.size), dtype=torch.uint8, generator=random)
            expected, found = own.logits(pixels), other.logits(pixels)
            difference = float((expected - found).abs().max() / expected.abs().max().clamp_min(1e-6))
            if not difference <= _MAX_DIFFERENCE:
                return f"PyTorch stays: the outputs of OpenVINO differ by {difference:.1%} of the largest output"
            seconds = _seconds(
                lambda pixels=pixels: own.logits(pixels),
                lambda pixels=pixels: other.logits(pixels),
            )
            chosen.append(other if seconds[1] < seconds[0] else own)
            times = f"{1000 * seconds[1]:.3g} ms with OpenVINO, {1000 * seconds[0]:.3g} ms with PyTorch"
            lines.append(f"{'OpenVINO' if chosen[-1] is other else 'PyTorch'} for {count} ({times})")
        if other in chosen:
            with self._lock:
                self._kept = _WeightSnapshot(network, preprocessing), BatchSizeDispatch(many, *chosen)
        return f"predictions now come from {', '.join(lines[:-1])} and {lines[-1]}"


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


def _precision(network: Sequential) -> torch.dtype:
    return choose_precision(next(network.parameters(), torch.empty(0)).device)


def _entries(tables: list[dict[Any, Any]]) -> Iterator[Any]:
    return itertools.chain.from_iterable(map(dict.values, tables))


def _hooks(module: torch.nn.Module) -> tuple[dict[int, Any], dict[int, Any]]:
    return module._forward_hooks, module._forward_pre_hooks  # pyright: ignore[reportPrivateUsage]


def _has_hooks(network: Sequential) -> bool:
    """Returns True if a layer has hooks, which fused layers would not call."""
    return any(hooks for module in network.modules() for hooks in _hooks(module))


def _seconds(*computations: Callable[[], object]) -> list[float]:
    """Returns the median time of each; they run one after the other with a pause, since their threads compete."""
    medians: list[float] = []
    for compute in computations:
        time.sleep(_PAUSE)
        times: list[float] = []
        for _ in range(_TIMED_CALLS):
            started = time.perf_counter()
            compute()
            times.append(time.perf_counter() - started)
        medians.append(statistics.median(times))
    return medians
