"""Runs small matrix operations in one thread."""

from collections.abc import Generator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Generator[None]:
    """Limits torch to one thread.

    On a busy machine threads wait for each other after every small operation: L-BFGS on 1,000 images took 8.1 s in two
    threads and 3.6 s in one, and an eigendecomposition of 1,000 rows 1.9 s and 0.6 s.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
