"""Runs native kernels over tensors in the threads of torch's own operations.

These are threads of the GNU OpenMP library that torch for Linux contains. They spin for a while after each operation,
so other threads would find all cores busy. `opsin.kernels.llvm_ir` compiles the kernels.
"""

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import torch


def run(loop: int, tensors: tuple[torch.Tensor, ...], sizes: tuple[int, ...]) -> None:
    """Runs a native kernel in all of torch's threads and returns when it has finished.

    Args:
        loop: Address of the function.
        tensors: Contiguous tensors whose addresses it gets.
        sizes: Values of its array of int64 sizes.
    """
    counts = (ctypes.c_int64 * len(sizes))(*sizes)
    addresses = [tensor.data_ptr() for tensor in tensors]
    given = (ctypes.c_void_p * (len(tensors) + 1))(*addresses, ctypes.addressof(counts))
    _parallel()(loop, given, torch.get_num_threads(), 0)


@cache
def openmp() -> Path | None:
    """Returns the path of torch's GNU OpenMP library; None if torch has another one."""
    return next(Path(torch.__file__).with_name("lib").glob("libgomp*.so*"), None)


@cache
def _parallel() -> Any:
    """Returns GOMP_parallel(function, argument, threads, flags), the function that compilers call."""
    function = ctypes.CDLL(str(openmp())).GOMP_parallel
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint]
    function.restype = None
    return function
