"""Random generators derived from one seed and a purpose. A resumed run needs no saved generator state."""

import hashlib

import numpy as np
import torch


def derive(seed: int, *purpose: str | int) -> int:
    """Returns a 63-bit seed for one purpose. Equal arguments give equal seeds on every machine.

    Args:
        seed: The seed of the run.
        purpose: Words and numbers that identify the use, such as ("order", epoch).

    Returns:
        An integer from 0 to 2**63 - 1.

    Examples:
        >>> derive(0, "order", 3) == derive(0, "order", 3) != derive(0, "order", 4)
        True
    """
    text = "\x1f".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def numpy_generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Returns a NumPy generator for one purpose.

    Args:
        seed: The seed of the run.
        purpose: Words and numbers that identify the use; see `derive`.

    Returns:
        A generator with its own state.

    Examples:
        >>> int(numpy_generator(0, "split").integers(100)) == int(numpy_generator(0, "split").integers(100))
        True
    """
    return np.random.default_rng(derive(seed, *purpose))


def torch_generator(seed: int, *purpose: str | int) -> torch.Generator:
    """Returns a torch generator on the CPU for one purpose.

    Args:
        seed: The seed of the run.
        purpose: Words and numbers that identify the use; see `derive`.

    Returns:
        A generator with its own state; torch's global generator is not used.

    Examples:
        >>> bool((torch.rand(2, generator=torch_generator(0)) == torch.rand(2, generator=torch_generator(0))).all())
        True
    """
    return torch.Generator().manual_seed(derive(seed, *purpose))
