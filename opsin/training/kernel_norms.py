"""Rescaling of pretrained kernels to the fixed norm that Muon maintains."""

import math
from itertools import pairwise

import torch
from torch import nn

from .optimizer import normalized_kernels

NORMALIZATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


@torch.no_grad()
def rescale_kernels(network: nn.Module) -> int:
    """Rescales each kernel that a batch normalization follows, and the running statistics of the normalization.

    The outputs of the network are unchanged, because the normalization divides by the same scale. Without this, the
    optimizer would rescale pretrained kernels in its first step, and the running statistics would be several times too
    large until enough batches have updated them.

    Args:
        network: The network, changed in place.

    Returns:
        The number of rescaled kernels.

    Examples:
        >>> layers = nn.Sequential(nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4))
        >>> rescale_kernels(layers), round(layers[0].weight.norm().item(), 3)
        (1, 2.0)
    """
    free = normalized_kernels(network)
    count = 0
    for (name, kernel), (_, after) in pairwise(network.named_modules()):
        if f"{name}.weight" not in free or not isinstance(after, NORMALIZATIONS) or after.running_var is None:
            continue
        weight, mean = kernel.get_parameter("weight"), after.get_buffer("running_mean")
        scale = math.sqrt(weight.shape[0]) / (weight.norm().item() + 1e-12)
        weight.mul_(scale)
        mean.mul_(scale)
        after.running_var.add_(after.eps).mul_(scale**2).sub_(after.eps).clamp_(min=0)
        count += 1
    return count
