"""Who else wants to know what operations do, so that steps of our own must not take their place."""

import platform
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

_TORCH: Any = torch._C  # pyright: ignore[reportPrivateUsage]


def is_traced() -> bool:
    """Whether each operation is followed: to compile or export it, for derivatives of other kinds, or by hooks on what
    it saves for its gradient (a checkpoint computes anew, and must save the same)."""
    tracing = torch.compiler.is_compiling() or torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    other = _TORCH._are_functorch_transforms_active() or forward_ad._current_level >= 0  # pyright: ignore[reportPrivateUsage]
    return tracing or other or _TORCH._autograd._top_saved_tensors_default_hooks(True) is not None


def autocast_bf16(x: Tensor) -> bool:
    """Whether layers that are given `x` now multiply in bfloat16 on a processor.

    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     autocast_bf16(torch.zeros(1))
    True
    """
    on = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
    return on and torch.get_autocast_dtype("cpu") == torch.bfloat16


@cache
def has_onednn() -> bool:
    """Whether this is an x86-64 processor, with oneDNN's kernels for it."""
    return torch.backends.mkldnn.is_available() and platform.machine().lower() in ("x86_64", "amd64")
