"""Configures glibc to keep freed memory, which avoids page faults for the same buffers in every training step.

By default glibc returns large buffers to the operating system on every free; `mallopt` (mallopt(3)) disables this.
Measured with `benchmarks/malloc.py`. Linux with glibc only; OPSIN_MALLOPT=0 leaves the allocator unchanged.
"""

import ctypes
import os
import platform
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


@cache
def keep_large_buffers() -> bool:
    """Configures glibc to keep freed buffers of up to 1 GiB. To be called before the first large allocation.

    Returns:
        True if the allocator was configured; False on other C libraries or with OPSIN_MALLOPT=0.
    """
    if os.environ.get("OPSIN_MALLOPT") == "0" or platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL("libc.so.6")
    return bool(libc.mallopt(_MMAP_THRESHOLD, 1 << 30) and libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1))
