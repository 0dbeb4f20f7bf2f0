"""Selection of a runtime by measurement: OpenVINO or PyTorch, for one image, few and many."""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor

from opsin.core import OpsinError
from opsin.data import Preprocessing
from opsin.nn import Sequential

from .backends import Runtime, RuntimeCache, can_fuse, precision_of
from .openvino import OpenVinoRuntime

_MAX_DIFFERENCE = 0.05
"""Largest difference between outputs of two runtimes, relative to the largest output (a bfloat16 has 3 digits)."""
_TIMED_CALLS = 15
_MANY = 64
"""Images of a timed batch, if that is at least one round of all cores."""
_PAUSE = 0.05


def select_backend(cache: RuntimeCache, network: Sequential, preprocessing: Preprocessing, together: int) -> str:
    """Selects OpenVINO for one image, few or many where it is faster and its outputs are the same within 5 %.

    Args:
        cache: Cache that keeps the selected runtime.
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
        other = OpenVinoRuntime(network, preprocessing, precision_of(network), together)
    except ImportError as error:
        raise OpsinError(
            f"OpenVINO is not installed ({error}). Fix: pip install '.[fast]' in a clone of Opsin."
        ) from error
    except Exception as error:  # its converter raises errors of many kinds
        message = " ".join(str(error).split())[:200]
        raise OpsinError(f"OpenVINO cannot convert this network: {message}. The runtime was not changed.") from error
    own, random = cache.runtime(network, preprocessing), torch.Generator().manual_seed(0)
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
        cache.keep(network, preprocessing, BatchSizeDispatch(many, *chosen))
    return f"predictions now come from {', '.join(lines[:-1])} and {lines[-1]}"


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
