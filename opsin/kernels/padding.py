"""Constant padding of channels-first tensors."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def pad(x: Tensor, pairs: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """Returns a tensor padded with a constant along its spatial axes.

    Args:
        x: (n, channels, ...).
        pairs: Positions to add (before, after) each spatial axis.
        value: Value of the added positions.
    """
    if not any(map(any, pairs)):
        return x
    return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=value)
