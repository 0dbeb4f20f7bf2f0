"""In which number format products are taken."""

import platform
from functools import cache

import torch
from torch import Tensor


def in_bfloat16(x: Tensor) -> bool:
    """Whether layers that are given `x` now multiply in bfloat16 on a processor.

    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     in_bfloat16(torch.zeros(1))
    True
    """
    on = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
    return on and torch.get_autocast_dtype("cpu") == torch.bfloat16


@cache
def has_onednn() -> bool:
    """Whether this is an x86-64 processor, with oneDNN's kernels for it."""
    return torch.backends.mkldnn.is_available() and platform.machine().lower() in ("x86_64", "amd64")
