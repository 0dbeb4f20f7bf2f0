"""Conditions under which a kernel may replace torch's operations."""

import platform
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

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
