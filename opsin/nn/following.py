"""Who else wants to know what operations do, so that steps of our own must not take their place."""

from typing import Any

import torch
from torch.autograd import forward_ad

_TORCH: Any = torch._C  # pyright: ignore[reportPrivateUsage]


def followed() -> bool:
    """Whether each operation is followed: to compile or export it, for derivatives of other kinds, or by hooks on what
    it saves for its gradient (a checkpoint computes anew, and must save the same)."""
    tracing = torch.compiler.is_compiling() or torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    other = _TORCH._are_functorch_transforms_active() or forward_ad._current_level >= 0  # pyright: ignore[reportPrivateUsage]
    return tracing or other or _TORCH._autograd._top_saved_tensors_default_hooks(True) is not None
