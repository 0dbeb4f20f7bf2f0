"""Gives learned kernels the norm that the optimizer keeps, without a change of what the network answers."""

import math
from itertools import pairwise

import torch
from torch import nn

from .optimizer import normalized_kernels

NORMALIZATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@torch.no_grad()
def rescale_kernels(network: nn.Module) -> int:
    """Scales each kernel that a batch normalization follows, and that one's statistics with it; how many there were.

    The network answers as before: the normalization divides by what the kernel was multiplied by. Without it the
    running statistics of a network with learned weights would be those of kernels several times as long, until they
    have been seen often enough again.

    >>> layers = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4))
    >>> rescale_kernels(layers), round(layers[0].weight.norm().item(), 3)
    (1, 2.0)
    """
    free = normalized_kernels(network)
    settled = 0
    for (name, kernel), (_, after) in pairwise(network.named_modules()):
        if f"{name}.weight" not in free or not isinstance(after, NORMALIZATIONS) or after.running_var is None:
            continue
        weight, mean = kernel.get_parameter("weight"), after.get_buffer("running_mean")
        scale = math.sqrt(weight.shape[0]) / (weight.norm().item() + 1e-12)
        weight.mul_(scale)
        mean.mul_(scale)
        after.running_var.add_(after.eps).mul_(scale**2).sub_(after.eps).clamp_(min=0)
        settled += 1
    return settled
