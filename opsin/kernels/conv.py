"""Convolution, and its kernel for training in bfloat16 on a CPU.

torch computes a convolution, copies the output (the in-place ReLU keeps its input for the gradient) and applies the
ReLU. The kernel is one oneDNN operation for both, whose gradient needs the output only, which the next layer keeps
anyway. The gradients of depthwise convolutions are those of `depthwise_backward`.
"""

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .depthwise_backward import depthwise_backward, has_native_backward, torch_backward
from .geometry import ConvGeometry, Pairs, pad, unstride_single_window
from .registry import autocast_bf16, has_onednn, is_traced, kernel, select

_ATEN: Any = torch.ops.aten
_ONEDNN: dict[str, tuple[str, list[float]]] = {"relu": ("relu", []), "relu6": ("hardtanh", [0.0, 6.0])}
"""oneDNN's name and parameters of each activation."""
_TORCH: dict[int, Any] = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
CONVOLUTION_ACTIVATIONS = tuple(_ONEDNN)
"""Activations that `convolution` applies."""


def convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: tuple[int, ...],
    padding: Pairs,
    dilation: tuple[int, ...],
    groups: int,
    activation: str | None = None,
) -> Tensor:
    """Computes a convolution over one to three spatial axes, as torch's, and an activation.

    Args:
        x: (n, channels, ...), channels first in any memory format.
        weight: (filters, channels / groups, ...).
        bias: (filters,), or None.
        stride: Steps between windows along each spatial axis.
        padding: Zeros (before, after) of each spatial axis.
        dilation: Steps between the weights of a kernel along each spatial axis.
        groups: Number of groups of channels.
        activation: "relu", "relu6" or None.

    Returns:
        (n, filters, ...).

    Examples:
        >>> ones = torch.ones(1, 2, 5, 5)
        >>> convolution(ones, torch.ones(2, 1, 3, 3), None, (2, 2), ((0, 0), (0, 0)), (1, 1), 2)[0, 0].tolist()
        [[9.0, 9.0], [9.0, 9.0]]
    """
    geometry = ConvGeometry(stride, padding, dilation, groups)
    x, geometry = unstride_single_window(x, weight.shape[-1], geometry)
    chosen = select("convolution", x, weight, bias, geometry, activation)
    if chosen is not None:
        return chosen.run(x, weight, bias, geometry, activation)
    y = _torch_convolution(x, weight, bias, geometry)
    if activation == "relu":
        return F.relu_(y)
    return y if activation is None else F.relu6(y, inplace=not (y.requires_grad and torch.is_grad_enabled()))


def _torch_convolution(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry) -> Tensor:
    padding = geometry.zeros_before
    if not geometry.is_symmetric:
        x, padding = pad(x, geometry.padding), (0,) * len(padding)
    return _TORCH[x.ndim - 2](x, weight, bias, geometry.stride, padding, geometry.dilation, geometry.groups)


def _is_supported(
    x: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, activation: str | None
) -> bool:
    """Returns True in training under bfloat16 autocast on an x86-64 CPU, unless operations are traced."""
    bf16 = torch.is_grad_enabled() and autocast_bf16(x)
    return bf16 and x.ndim == 4 and x.shape[1] > 1 and x.numel() > 0 and has_onednn() and not is_traced()


def _is_faster(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, activation: str | None) -> bool:
    return activation is not None or 1 < geometry.groups == x.shape[1]


@kernel("convolution", is_supported=_is_supported, is_faster=_is_faster)
def onednn_convolution(
    x: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, activation: str | None
) -> Tensor:
    """Computes a 2D convolution and its activation in bfloat16; gradients of the weights are in their own dtype."""
    native = geometry.groups == x.shape[1] and has_native_backward(x, weight, geometry)
    if not geometry.is_symmetric and not native:
        x, geometry = pad(x, geometry.padding), replace(geometry, padding=((0, 0), (0, 0)))
    apply: Any = _Convolution.apply
    return apply(x.bfloat16(), weight, bias, geometry, activation)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        x, weight, bias, geometry, activation = inputs
        y = _forward(x, weight, bias, geometry, activation)
        ctx.save_for_backward(x, weight, bias, *([y] if activation else []))
        ctx.options = geometry, activation
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, weight, bias, *output = ctx.saved_tensors
        geometry, activation = ctx.options
        if torch.is_grad_enabled():  # a gradient of the gradient is required
            return *_differentiable_backward(ctx, gradients[0]), None, None
        gradient = gradients[0].bfloat16().contiguous(memory_format=torch.channels_last)
        if activation == "relu":
            gradient = _ATEN.threshold_backward(gradient, output[0], 0.0)
        elif activation == "relu6":
            gradient = _ATEN.hardtanh_backward(gradient, output[0], 0.0, 6.0)
        required = ctx.needs_input_grad[:3]
        compute = depthwise_backward if 1 < geometry.groups == x.shape[1] else torch_backward
        x_grad, weight_grad, bias_grad = compute(gradient, x, weight, geometry, required)
        weight_grad = None if weight_grad is None else weight_grad.to(weight.dtype)
        return x_grad, weight_grad, None if bias_grad is None else bias_grad.to(bias.dtype), None, None


def _forward(x: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry, activation: str | None) -> Tensor:
    weight, bias = weight.bfloat16(), None if bias is None else bias.bfloat16()
    if activation is None:
        return _torch_convolution(x, weight, bias, geometry)
    x = x if geometry.is_symmetric else pad(x, geometry.padding)
    padding = geometry.zeros_before if geometry.is_symmetric else (0, 0)
    name, parameters = _ONEDNN[activation]
    onednn: Any = torch.ops.mkldnn
    options = (padding, geometry.stride, geometry.dilation, geometry.groups)
    return onednn._convolution_pointwise(x, weight, bias, *options, name, parameters, "")


def _differentiable_backward(ctx: Any, gradient: Tensor) -> list[Tensor | None]:
    """Returns the gradients by torch's operations, which have derivatives of every order."""
    geometry, activation = ctx.options
    inputs: list[Any] = [None if one is None else one.float() for one in ctx.saved_tensors[:3]]
    y = _torch_convolution(inputs[0], inputs[1], inputs[2], geometry)
    y = y if activation is None else y.clamp(0, 6 if activation == "relu6" else None)
    required = [one for one, needed in zip(inputs, ctx.needs_input_grad, strict=False) if needed]
    found = iter(torch.autograd.grad(y, required, gradient.float(), create_graph=True))
    return [next(found) if needed else None for needed in ctx.needs_input_grad[:3]]
