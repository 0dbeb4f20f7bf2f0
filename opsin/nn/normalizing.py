"""Batch normalization in training on a processor, in bfloat16: the rectifier in the same pass, each way.

torch reads or writes a map thirteen times for both layers and their gradients; here it is eight times. It takes a
processor with AVX512_BF16 and llvmlite (`pip install 'opsin[fast]'`); elsewhere torch does it.
"""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core.assembly import LANES, multiplies_bfloat16
from opsin.core.loops import run

from .activations import function
from .following import followed
from .normalizing_code import CHUNK, gradient_code, gradient_sums_code, moments_code, normalizing_code, together
from .precision import in_bfloat16

_MANY = 2**19
"""Numbers of a map from which on it is worth the calls."""


class BatchNorm2dModule(torch.nn.BatchNorm2d):
    """torch's, with a rectifier if wanted, and sooner in training."""

    def forward(self, input: Tensor) -> Tensor:
        return self.normalize(input)

    def normalize(self, input: Tensor, rectifier: str | None = None) -> Tensor:
        """Normalized, and rectified by "relu" or "relu6"."""
        if not gains(input, self):
            return function(rectifier, in_place=True)(super().forward(input))
        weight, bias = cast("tuple[Tensor | None, Tensor | None]", (self.weight, self.bias))
        y, mean, variance = normalize(input, weight, bias, self.eps, rectifier)
        self._remember(mean, variance, input.numel() // input.shape[1])
        return y

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        """As torch does: the moving variance is that of the values by count - 1."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = self.momentum or (1 / float(self.num_batches_tracked) if self.momentum is None else 0.0)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_((variance * (count / (count - 1))).to(self.running_var.dtype), share)


def gains(x: Tensor, module: torch.nn.BatchNorm2d) -> bool:
    """Whether `normalize` is the sooner way for a map `x` (n, c, height, width), as things stand.

    >>> gains(torch.zeros(1, 8, 4, 4), torch.nn.BatchNorm2d(8))
    False
    """
    return (
        module.training
        and type(x) is Tensor
        and x.dtype == torch.bfloat16
        and x.ndim == 4
        and x.numel() >= _MANY
        and x.shape[1] == module.num_features
        and x.shape[1] % LANES == 0
        and x.numel() > x.shape[1]
        and torch.is_grad_enabled()
        and in_bfloat16(x)
        and x.is_contiguous(memory_format=torch.channels_last)
        and multiplies_bfloat16()
        and not followed()
    )


def normalize(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, epsilon: float, rectifier: str | None
) -> tuple[Tensor, Tensor, Tensor]:
    """A map for which `gains` is true, normalized and rectified, with each channel's mean and variance."""
    apply: Any = _Normalize.apply
    return apply(x, weight, bias, epsilon, rectifier)


class _Normalize(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> tuple[Tensor, Tensor, Tensor]:
        x, weight, bias, epsilon, rectifier = given
        sizes, wide = _sizes(x), together(x.shape[1])
        middle = x[0, :, 0, 0].float().contiguous()  # some number of the channel, so that squares do not cancel out
        sums = _sums(moments_code(wide), (x, middle), sizes)
        mean, variance = (middle + sums[0]).float(), (sums[1] - sums[0].square()).clamp_min_(0).float()
        spread = (variance + epsilon).rsqrt_()
        scale = spread if weight is None else spread * weight.float()
        offset = -mean * scale if bias is None else bias.float() - mean * scale
        y = torch.empty_like(x)
        run(normalizing_code(wide, rectifier), (x, scale, offset, y), sizes)
        ctx.save_for_backward(x, weight, bias, scale, offset, mean, spread)
        ctx.given = epsilon, rectifier
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx: Any, *given: Any) -> Any:
        x, weight, bias, scale, offset, mean, spread = ctx.saved_tensors
        epsilon, rectifier = ctx.given
        if torch.is_grad_enabled():  # a gradient of the gradient is wanted
            return *_differentiable((x, weight, bias), epsilon, rectifier, given[0], ctx.needs_input_grad), None, None
        gradient = given[0].bfloat16().contiguous(memory_format=torch.channels_last)
        sizes, wide = _sizes(x), together(x.shape[1])
        sums = _sums(gradient_sums_code(wide, rectifier), (x, gradient, scale, offset, mean), sizes)
        images = None
        if ctx.needs_input_grad[0]:
            slope = (-scale * spread.square() * sums[1]).float()
            constant = (-scale * sums[0] - slope * mean).float()
            images = torch.empty_like(x)
            run(gradient_code(wide, rectifier), (x, gradient, scale, offset, slope, constant, images), sizes)
        weights = None if weight is None else (sums[1] * spread * sizes[0]).to(weight.dtype)
        biases = None if bias is None else (sums[0] * sizes[0]).to(bias.dtype)
        return images, weights, biases, None, None


def _sizes(x: Tensor) -> tuple[int, int]:
    """Pixels and channels."""
    return x.numel() // x.shape[1], x.shape[1]


def _sums(code: int, tensors: tuple[Tensor, ...], sizes: tuple[int, int]) -> Tensor:
    """Both sums over all pixels, divided by how many those are: float64 (2, channels)."""
    pixels, channels = sizes
    parts = torch.empty(-(-pixels // CHUNK), 2, channels)
    run(code, (*tensors, parts), sizes)
    return parts.sum(0, dtype=torch.float64).div_(pixels)


def _differentiable(
    given: tuple[Tensor, Tensor | None, Tensor | None],
    epsilon: float,
    rectifier: str | None,
    gradient: Tensor,
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """Gradients by torch's operations, which have derivatives of every order."""
    x, weight, bias = (None if one is None else one.float() for one in given)
    assert x is not None
    y = function(rectifier)(F.batch_norm(x, None, None, weight, bias, training=True, eps=epsilon))
    asked = [one for one, want in zip((x, weight, bias), wanted, strict=False) if want and one is not None]
    found = iter(torch.autograd.grad(y, asked, gradient.float(), create_graph=True))
    return [next(found) if want else None for want in wanted[:3]]
