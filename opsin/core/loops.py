"""Loops over numbers, compiled when first needed and run by the threads that torch's own operations run in.

numba (https://numba.readthedocs.io, `pip install 'opsin[fast]'`) makes them machine code for the processor at hand. The
threads are those of the GNU OpenMP library that comes with torch for Linux: they wait busily for a while after each of
torch's operations, so that other threads would find all cores taken. Where either is missing there are no loops.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import torch


@cache
def loops_run() -> bool:
    """Whether loops can be compiled and run here; numba is imported to know it."""
    if openmp() is None:
        return False
    try:
        import llvmlite.binding
        import numba  # noqa: F401  # pyright: ignore[reportUnusedImport]
    except ImportError:  # not installed, or not made for this numpy
        return False
    llvmlite.binding.load_library_permanently(str(openmp()))
    return True


def compiled(loop: Callable[[Any], None]) -> int:
    """The address of the machine code of a loop, kept on disk where that can be written.

    A loop takes the addresses of the tensors that `run` is given, last that of the sizes, and does its thread's share.
    """
    import numba

    signature = numba.types.void(numba.types.CPointer(numba.types.voidptr))
    make: Any = numba.cfunc
    try:
        return make(signature, cache=True, error_model="numpy")(loop).address
    except RuntimeError:  # no folder to keep it in
        return make(signature, error_model="numpy")(loop).address


def run(loop: int, tensors: tuple[torch.Tensor, ...], sizes: tuple[int, ...]) -> None:
    """Runs a compiled loop over tensors in all of torch's threads; it is done when this returns."""
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
