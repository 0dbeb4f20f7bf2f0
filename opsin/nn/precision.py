"""In which number format products are taken."""

import torch
from torch import Tensor


def in_bfloat16(x: Tensor) -> bool:
    """Whether layers that are given `x` now multiply in bfloat16 on a processor.

    >>> with torch.autocast("cpu", torch.bfloat16):
    ...     in_bfloat16(torch.zeros(1))
    True
    """
    on = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
    return on and torch.get_autocast_dtype("cpu") == torch.bfloat16
