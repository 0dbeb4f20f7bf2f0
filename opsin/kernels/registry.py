"""Table of the kernels, faster replacements of torch operations, and the conditions under which they run."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.autograd import forward_ad

_Run = TypeVar("_Run", bound=Callable[..., Any])

ENABLED = os.environ.get("OPSIN_KERNELS", "1") != "0"
"""False when the environment variable OPSIN_KERNELS is 0 at the first import: torch's operations run everywhere, also
in prediction and for fused layers."""


@dataclass(frozen=True)
class Kernel:
    """One faster replacement of an operation. All three functions take the operation's arguments.

    Attributes:
        operation: Name of the operation: "convolution", "depthwise_backward" or "max_pool2d".
        is_supported: Returns True if `run` computes the operation for these arguments on this machine.
        is_faster: Returns True if `run` is expected to take less time than the next kernel in the table, or torch.
        run: Computes the operation.
    """

    operation: str
    is_supported: Callable[..., bool]
    is_faster: Callable[..., bool]
    run: Callable[..., Any]


KERNELS: list[Kernel] = []
"""The table. The first kernel of an operation that is supported and faster runs; torch runs if there is none."""


def kernel(
    operation: str, *, is_supported: Callable[..., bool], is_faster: Callable[..., bool]
) -> Callable[[_Run], _Run]:
    """Returns a decorator that adds a function to the table of kernels."""

    def add(run: _Run) -> _Run:
        KERNELS.append(Kernel(operation, is_supported, is_faster, run))
        return run

    return add


def select(operation: str, *arguments: Any) -> Kernel | None:
    """Returns the kernel to run for these arguments; None for torch's own operation."""
    if not ENABLED:
        return None
    for one in KERNELS:
        if one.operation == operation and one.is_supported(*arguments) and one.is_faster(*arguments):
            return one
    return None


_TORCH: Any = torch._C  # pyright: ignore[reportPrivateUsage]


def is_traced() -> bool:
    """Returns True if torch records or transforms single operations, which a kernel would hide.

    That is so while a network is compiled, traced or exported, under torch.func, in forward-mode differentiation, and
    under hooks on saved tensors (checkpointing recomputes operations and must save the same tensors).
    """
    tracing = torch.compiler.is_compiling() or torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    transforms = _TORCH._are_functorch_transforms_active() or forward_ad._current_level >= 0  # pyright: ignore[reportPrivateUsage]
    return tracing or transforms or _TORCH._autograd._top_saved_tensors_default_hooks(True) is not None


def autocast_bf16(x: Tensor) -> bool:
    """Returns True if torch's autocast computes convolutions of `x` in bfloat16 on a CPU.

    Examples:
        >>> with torch.autocast("cpu", torch.bfloat16):
        ...     autocast_bf16(torch.zeros(1))
        True
    """
    on = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
    return on and torch.get_autocast_dtype("cpu") == torch.bfloat16


@cache
def has_onednn() -> bool:
    """Returns True on an x86-64 processor with a torch that contains oneDNN."""
    return torch.backends.mkldnn.is_available() and platform.machine().lower() in ("x86_64", "amd64")
