"""Gradients of weights in chunks of images: how many threads there are makes no difference to the sums."""

from collections.abc import Generator
from contextlib import contextmanager

import torch
from torch import Tensor

from opsin.core.assembly import Assembly

CHUNK = 8
"""Images whose gradients are summed in one go."""


def room(images: int, weights: int, channels: int) -> Tensor:
    """Zeros for the gradients of all chunks, (chunks, weights + 1, channels) float32; that of the bias is the last.

    >>> room(9, 2, 16).shape
    torch.Size([2, 3, 16])
    """
    return torch.zeros(-(-images // CHUNK), weights + 1, channels)


@contextmanager
def chunks(code: Assembly) -> Generator[tuple[str, str, str]]:
    """This thread's chunks of the `n` images: the number of each, its first image, and the one behind its last."""
    first, last = code.share(code.whole("udiv", code.whole("add", code.sizes["n"], CHUNK - 1), CHUNK))
    with code.loop(first, last) as chunk:
        begin = code.whole("mul", chunk, CHUNK)
        yield chunk, begin, code.whole("umin", code.whole("add", begin, CHUNK), code.sizes["n"])
