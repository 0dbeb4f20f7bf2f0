"""Convolutions in training on a processor, in bfloat16: the rectifier in the same pass, and gradients soon there.

torch writes the sums, copies them, as their rectifier works in place and keeps what it was given, and rectifies them.
Here that is one step of oneDNN, and the gradient asks the rectified map, which the next layer keeps anyway.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from .conditions import autocast_bf16, has_onednn, is_traced
from .depthwise_backward import Settings, coded, depthwise_gradients, plain_gradients
from .padding import pad

_TORCH: Any = torch.ops.aten
_RECTIFIERS: dict[str | None, tuple[str, list[float]]] = {"relu": ("relu", []), "relu6": ("hardtanh", [0.0, 6.0])}
"""What oneDNN calls them."""


def rectifier_of(activation: str | None) -> str | None:
    """The activation if it can be part of the step."""
    return activation if activation in _RECTIFIERS and has_onednn() else None


def gains(x: Tensor, groups: int, rectifier: str | None) -> bool:
    """Whether `convolve` is the sooner way for images `x` in so many groups, as things stand.

    >>> gains(torch.zeros(1, 8, 4, 4), 8, None)
    False
    """
    sooner = rectifier is not None or 1 < groups == x.shape[1]
    return sooner and torch.is_grad_enabled() and autocast_bf16(x) and x.numel() > 0 and not is_traced()


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None, settings: Settings, rectifier: str | None) -> Tensor:
    """The convolution of `x` (n, c, height, width), and the rectifier, "relu" or "relu6", in bfloat16.

    >>> x, kernels = torch.ones(1, 2, 5, 5), torch.ones(2, 1, 3, 3)
    >>> convolve(x, kernels, None, Settings((2, 2), ((0, 0), (0, 0)), (1, 1), groups=2), None)[0, 0].tolist()
    [[9.0, 9.0], [9.0, 9.0]]
    """
    if settings.uneven and not (settings.groups == x.shape[1] and coded(x, weight, settings)):
        x, settings = pad(x, settings.around), replace(settings, around=((0, 0), (0, 0)))
    apply: Any = _Convolution.apply
    return apply(x.bfloat16(), weight, bias, settings, rectifier)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        x, weight, bias, settings, rectifier = given
        y = _forward(x, weight, bias, settings, rectifier)
        ctx.save_for_backward(x, weight, bias, *([y] if rectifier else []))
        ctx.given = settings, rectifier
        return y

    @staticmethod
    def backward(ctx: Any, *given: Any) -> Any:
        x, weight, bias, *made = ctx.saved_tensors
        settings, rectifier = ctx.given
        if torch.is_grad_enabled():  # a gradient of the gradient is wanted
            return *_differentiable(ctx, given[0]), None, None
        gradient = given[0].bfloat16().contiguous(memory_format=torch.channels_last)
        if rectifier == "relu":
            gradient = _TORCH.threshold_backward(gradient, made[0], 0.0)
        elif rectifier == "relu6":
            gradient = _TORCH.hardtanh_backward(gradient, made[0], 0.0, 6.0)
        wanted = ctx.needs_input_grad[:3]
        way = depthwise_gradients if 1 < settings.groups == x.shape[1] else plain_gradients
        images, kernels, biases = way(gradient, x, weight, settings, wanted)
        kernels = None if kernels is None else kernels.to(weight.dtype)
        return images, kernels, None if biases is None else biases.to(bias.dtype), None, None


def _forward(x: Tensor, weight: Tensor, bias: Tensor | None, settings: Settings, rectifier: str | None) -> Tensor:
    x = pad(x, settings.around) if settings.uneven else x
    padding = (0, 0) if settings.uneven else settings.padding
    weight, bias = weight.bfloat16(), None if bias is None else bias.bfloat16()
    if rectifier is None:
        return torch.conv2d(x, weight, bias, settings.stride, padding, settings.dilation, settings.groups)
    name, scalars = _RECTIFIERS[rectifier]
    kernels: Any = torch.ops.mkldnn
    moves = (padding, settings.stride, settings.dilation, settings.groups)
    return kernels._convolution_pointwise(x, weight, bias, *moves, name, scalars, "")


def _differentiable(ctx: Any, gradient: Tensor) -> list[Tensor | None]:
    """Gradients by torch's operations, which have derivatives of every order."""
    settings, rectifier = ctx.given
    given: list[Any] = [None if one is None else one.float() for one in ctx.saved_tensors[:3]]
    x, weight, bias = given
    padded = pad(x, settings.around)
    y = torch.conv2d(padded, weight, bias, settings.stride, (0, 0), settings.dilation, settings.groups)
    y = y if rectifier is None else y.clamp(0, 6 if rectifier == "relu6" else None)
    wanted = [one for one, want in zip(given, ctx.needs_input_grad, strict=False) if want]
    found = iter(torch.autograd.grad(y, wanted, gradient.float(), create_graph=True))
    return [next(found) if want else None for want in ctx.needs_input_grad[:3]]
