"""Folds batch normalization with fixed statistics into the convolution before it.

With fixed statistics it is a product and a sum for each channel (Ioffe and Szegedy, arXiv:1502.03167), which can be
part of weights and biases. When pretrained weights are fine-tuned with fixed statistics, gradients then go through
products with the weights, which are small, instead of products with feature maps.
"""

from typing import cast

import torch
from torch import Tensor

from opsin.kernels.registry import autocast_bf16, is_traced
from opsin.nn.layers.convolution import Conv2dModule


def folds(x: Tensor, convolution: Conv2dModule, normalization: torch.nn.BatchNorm2d) -> bool:
    """Returns True if both are folded in this training step: in bfloat16, whose rounding exceeds the difference."""
    return (
        not normalization.training
        and normalization.running_var is not None
        and convolution.activation is None
        and torch.is_grad_enabled()
        and autocast_bf16(x)
        and not is_traced()
    )


def folded(convolution: Conv2dModule, normalization: torch.nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Computes weights and biases of the convolution that both are together; gradients flow to the weights of each.

    Args:
        convolution: Convolution without activation.
        normalization: Batch normalization after it.

    Returns:
        Weights, shaped as the convolution's, and biases (filters,).

    Examples:
        >>> from opsin.nn import Conv2D
        >>> convolution, normalization = Conv2D(4, 3).build((9, 9, 3)), torch.nn.BatchNorm2d(4, eps=0).eval()
        >>> normalization.running_var.fill_(4.0).sum().item()
        16.0
        >>> torch.allclose(folded(convolution, normalization)[0], convolution.weight / 2)
        True
    """
    mean, variance = normalization.running_mean, normalization.running_var
    assert mean is not None and variance is not None
    scale = (variance + normalization.eps).rsqrt()
    weights, offsets = cast("tuple[Tensor | None, Tensor | None]", (normalization.weight, normalization.bias))
    scale = scale if weights is None else scale * weights
    mean = mean if convolution.bias is None else mean - convolution.bias
    shift = -mean * scale if offsets is None else offsets - mean * scale
    return convolution.weight * scale.view(-1, 1, 1, 1), shift
