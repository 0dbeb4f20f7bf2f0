"""Runs compiled loops over tensors in the threads that torch's own operations run in.

They are those of the GNU OpenMP library that comes with torch for Linux: they wait busily for a while after each of
torch's operations, so that other threads would find all cores taken. `opsin.kernels.llvm_ir` compiles loops.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import torch


def run(loop: int, tensors: tuple[torch.Tensor, ...], sizes: tuple[int, ...]) -> None:
    """Runs the loop at that address over tensors in all of torch's threads; it is done when this returns."""
    counts = (ctypes.c_int64 * len(sizes))(*sizes)
    addresses = [tensor.data_ptr() for tensor in tensors]
    given = (ctypes.c_void_p * (len(tensors) + 1))(*addresses, ctypes.addressof(counts))
    _parallel()(loop, given, torch.get_num_threads(), 0)


@cache
def openmp() -> Path | None:
    """The GNU OpenMP library that torch runs its threads with; None where it takes another."""
    return next(Path(torch.__file__).with_name("lib").glob("libgomp*.so*"), None)


@cache
def _parallel() -> Any:
    """GOMP_parallel(function, its argument, threads, flags), as compilers call it."""
    function = ctypes.CDLL(str(openmp())).GOMP_parallel
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
    function.restype = None
    return function
