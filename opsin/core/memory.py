"""Keeps freed memory in the process, so that a training step does not pay page faults for the same buffers again.

glibc gives large buffers back to the system on every free; `mallopt` (mallopt(3)) tells it to keep them. Measured
with `benchmarks/malloc.py`. Only on Linux with glibc; set OPSIN_MALLOPT=0 to leave the allocator alone.
"""

import ctypes
import os
import platform
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3


@cache
def keep_large_buffers() -> bool:
    """Tells glibc to keep buffers up to 1 GiB; True when it was done. Called before the first large tensor."""
    if os.environ.get("OPSIN_MALLOPT") == "0" or platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL("libc.so.6")
    return bool(libc.mallopt(_MMAP_THRESHOLD, 1 << 30) and libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1))
