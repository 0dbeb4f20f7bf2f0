"""The runtime of a model: made once and kept until the network's weights change."""

import itertools
import operator
import statistics
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

_ALIKE = 0.05
"""How far outputs of two runtimes may be apart, as a share of the largest; bfloat16 keeps three digits a product."""
_TURNS = 15
_MANY = 64
"""Images that times are taken with for many, where that is some rounds of all cores."""
_PAUSE = 0.05


class RuntimeCache:
    """Keeps the runtime of a network; whoever changes a weight, also in place, gets a new one.

    Weights are told apart by identity, place and torch's own count of changes, and since fused optimizers do not count,
    by whether the network was trained or computed gradients since. Whoever changes a weight otherwise, through
    `weight.data.add_(...)` alone, is not seen.
    """

    def __init__(self) -> None:
        self._kept: tuple[_WeightSnapshot, Runtime] | None = None

    def runtime(self, network: Sequential, preprocessing: Preprocessing) -> Runtime:
        """What computes outputs now: fused on a processor that has the kernels."""
        if self._kept is not None and self._kept[0].holds(network, preprocessing):
            return self._kept[1]
        precision = _precision(network)
        if not can_fuse(network) or _watched(network):
            return TorchRuntime(network, preprocessing, precision)
        state = _WeightSnapshot(network, preprocessing)
        self._kept = state, FusedRuntime(network, preprocessing, precision)
        return self._kept[1]

    def select_backend(self, network: Sequential, preprocessing: Preprocessing, together: int) -> str:
        """Takes OpenVINO from now on, for one image, for few or for many, where its outputs are alike and come sooner.

        Of many, each core takes `together` at a time. Says in a line what was found.
        Raises OpsinError where there is no choice: without the package, on a GPU, for a layer that it does not know.
        """
        if not can_fuse(network):
            raise OpsinError("another runtime is taken on an x86-64 processor only; nothing was changed")
        try:
            other = OpenVinoRuntime(network, preprocessing, _precision(network), together)
        except ImportError as error:
            raise OpsinError(
                f"another runtime needs OpenVINO ({error}); install it with: pip install 'opsin[fast]'"
            ) from error
        except Exception as error:  # its converter raises errors of many kinds
            raise OpsinError(f"OpenVINO cannot take this network: {' '.join(str(error).split())[:200]}") from error
        own, random = self.runtime(network, preprocessing), torch.Generator().manual_seed(0)
        told: list[str] = []
        chosen: list[Runtime] = []
        many = other.at_once
        for count in (1, max(2, many // 2), max(many, min(_MANY, 4 * many))):
            some = torch.randint(256, (count, *preprocessing.size), dtype=torch.uint8, generator=random)
            mine, theirs = own.logits(some), other.logits(some)
            apart = float((mine - theirs).abs().max() / mine.abs().max().clamp_min(1e-6))
            if not apart <= _ALIKE:
                return f"PyTorch stays: the outputs of OpenVINO are {apart:.1%} of the largest apart"
            seconds = _seconds(lambda some=some: own.logits(some), lambda some=some: other.logits(some))
            chosen.append(other if seconds[1] < seconds[0] else own)
            times = f"{1000 * seconds[1]:.3g} ms with OpenVINO, {1000 * seconds[0]:.3g} ms with PyTorch"
            told.append(f"{'OpenVINO' if chosen[-1] is other else 'PyTorch'} for {count} ({times})")
        if other in chosen:
            self._kept = _WeightSnapshot(network, preprocessing), BatchSizeDispatch(many, *chosen)
        return f"answers come from now on from {', '.join(told[:-1])} and {told[-1]}"


class _WeightSnapshot:
    """All that outputs depend on, as it was; compared before every answer, and so without loops of Python's own."""

    def __init__(self, network: Sequential, preprocessing: Preprocessing) -> None:
        self.network, self.rest = network, (network.weight_version, preprocessing)
        modules = list(network.modules())
        kept = [(m._modules, m._parameters, m._buffers) for m in modules]  # pyright: ignore[reportPrivateUsage]
        self.places: list[dict[Any, Any]] = [place for three in kept for place in three if place]
        self.lengths = list(map(len, self.places))
        self.inside = list(_inside(self.places))
        self.hooks = [hooks for module in modules for hooks in _hooks(module)]
        values = [value for value in (*network.parameters(), *network.buffers()) if value.is_floating_point()]
        self.values, self.counted = values, [value for value in values if not value.is_inference()]
        self.marks = self._marks()

    def holds(self, network: Sequential, preprocessing: Preprocessing) -> bool:
        """Whether nothing has changed, and nobody watches."""
        return (
            network is self.network
            and self.rest == (network.weight_version, preprocessing)
            and not any(self.hooks)
            and list(map(len, self.places)) == self.lengths
            and all(map(operator.is_, _inside(self.places), self.inside))
            and self._marks() == self.marks
        )

    def _marks(self) -> tuple[list[int], list[int]]:
        """Where the values lie, and how often they were changed in place."""
        return list(map(Tensor.data_ptr, self.values)), list(map(_VERSION, self.counted))


_VERSION = operator.attrgetter("_version")


def _precision(network: Sequential) -> torch.dtype:
    return choose_precision(next(network.parameters(), torch.empty(0)).device)


def _inside(places: list[dict[Any, Any]]) -> Iterator[Any]:
    return itertools.chain.from_iterable(map(dict.values, places))


def _hooks(module: torch.nn.Module) -> tuple[dict[int, Any], dict[int, Any]]:
    return module._forward_hooks, module._forward_pre_hooks  # pyright: ignore[reportPrivateUsage]


def _watched(network: Sequential) -> bool:
    """Whether somebody wants to see what a layer is given or gives; fused layers would not call them."""
    return any(hooks for module in network.modules() for hooks in _hooks(module))


def _seconds(*ways: Callable[[], object]) -> list[float]:
    """The middle time of each; one after the other, and after a pause, as threads would be in each other's way."""
    took: list[float] = []
    for way in ways:
        time.sleep(_PAUSE)
        times: list[float] = []
        for _ in range(_TURNS):
            begun = time.perf_counter()
            way()
            times.append(time.perf_counter() - begun)
        took.append(statistics.median(times))
    return took
