"""Zero padding of channels-first tensors."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def pad(x: Tensor, pairs: Sequence[tuple[int, int]], value: float = 0.0) -> Tensor:
    """A NC... tensor with (before, after) positions of `value` added along each spatial axis."""
    if not any(map(any, pairs)):
        return x
    return F.pad(x, [amount for pair in reversed(pairs) for amount in pair], value=value)
