"""Max pooling 2x2 for training on a processor, with a rectifier behind it, in one pass over the map each way.

torch keeps a 64-bit index of each window's winner; backward it fills a whole map with zeros and scatters through the
indices. Here a byte tells which of the four won, and backward each number is written once. Numbers and gradients are
torch's bit for bit. It takes llvmlite (`pip install 'opsin[fast]'`); without it torch's own pooling does the work.
"""

from typing import Any

import torch
from torch import Tensor

from opsin.core.assembly import LANES, assembles
from opsin.core.loops import run

from .following import followed
from .pooling_code import giving_code, taking_code

_KINDS = (torch.bfloat16, torch.float32)
_MANY = 2**18
"""Numbers of a map from which on it is worth the calls."""


def gains(x: Tensor) -> bool:
    """Whether `pool_largest` is the sooner way to pool `x` (n, c, height, width), and can be gone, as things stand.

    >>> gains(torch.zeros(1, 8, 4, 4))
    False
    """
    if not (x.requires_grad and torch.is_grad_enabled()) or followed():
        return False
    if type(x) is not Tensor or x.device.type != "cpu" or x.dtype not in _KINDS:
        return False
    if x.numel() < _MANY or min(x.shape[2:]) < 2 or x.shape[1] % LANES:
        return False
    return x.is_contiguous(memory_format=torch.channels_last) and assembles()


def pool_largest(x: Tensor, rectified: bool = False) -> Tensor:
    """Max pooling 2x2 of a map for which `gains` is true; `rectified` cuts off what is below zero."""
    apply: Any = _Pool.apply
    return apply(x, rectified)


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        x, rectified = given
        n, channels, height, width = x.shape
        y = x.new_empty((n, height // 2, width // 2, channels)).permute(0, 3, 1, 2)
        won = torch.empty((n, height // 2, width // 2, channels), dtype=torch.uint8)
        run(taking_code(x.dtype, rectified), (x, y, won), (n, height, width, channels))
        ctx.save_for_backward(won)
        ctx.shape = x.shape
        return y

    @staticmethod
    def backward(ctx: Any, *given: Any) -> Any:
        apply: Any = _Give.apply
        return apply(given[0], *ctx.saved_tensors, ctx.shape), None


class _Give(torch.autograd.Function):
    """The gradient of `_Pool`, which is linear, and whose own gradient takes each number back from where it went."""

    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        y, won, (n, channels, height, width) = given
        ctx.save_for_backward(won)
        y = y.contiguous(memory_format=torch.channels_last)
        x = y.new_empty((n, height, width, channels)).permute(0, 3, 1, 2)
        run(giving_code(y.dtype), (y, won, x), (n, height, width, channels))
        return x

    @staticmethod
    def backward(ctx: Any, *given: Any) -> Any:
        won = ctx.saved_tensors[0].permute(0, 3, 1, 2)
        rows, columns = 2 * won.shape[2], 2 * won.shape[3]
        taken = torch.zeros((), dtype=given[0].dtype)
        for who in range(4):
            taken = torch.where(won == who, given[0][:, :, who // 2 : rows : 2, who % 2 : columns : 2], taken)
        return taken, None, None
