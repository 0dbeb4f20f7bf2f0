"""A convolution over the few channels of an image, a rectifier and max pooling 2x2, in one pass over the image.

The first layers of a small network take a third of its time: three channels fill no vector, and the map between the
convolution and the pooling is its largest. Here that map is never written, and backward only the winner of each window
is multiplied. Products are of bfloat16 and sums in float32, as torch's are; what torch rounds before pooling is rounded
behind it. It takes a processor with AVX512_BF16 and llvmlite (`pip install 'opsin[fast]'`); elsewhere torch does it.
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.core.assembly import LANES, multiplies_bfloat16
from opsin.core.loops import run

from .convolution import Conv2dModule
from .following import followed
from .gradient_chunks import room
from .padding import pad
from .pooled_convolution_code import Kernel, forward_code, gradient_code, pairs
from .pooling import MaxPoolModule
from .precision import in_bfloat16

_MANY = 2**16
"""Sums of all windows from which on it is worth the call."""
_MOST_WEIGHTS = 27
"""Of a filter: so many of their gradients, with that of the bias, fit into a processor's registers."""
_MOST_FILTERS = 128
_MOST_NEIGHBOURS = 2**14


def fits(convolution: Conv2dModule, pooling: MaxPoolModule) -> bool:
    """Whether machine code can do both layers: few channels, no strides, a rectifier, windows of 2x2.

    >>> from opsin.nn import Conv2D, MaxPooling2D
    >>> pooling = MaxPooling2D().build((62, 62, 32))
    >>> [fits(Conv2D(n, 3, activation="relu").build((64, 64, 3)), pooling) for n in (32, 30)]
    [True, False]
    """
    rows, columns = convolution.kernel_size
    return (
        type(convolution) is Conv2dModule
        and type(pooling) is MaxPoolModule
        and pooling.window.kernel == pooling.window.strides == (2, 2)
        and not pooling.same
        and convolution.activation == "relu"
        and convolution.same is None
        and convolution.stride == convolution.dilation == (1, 1)
        and convolution.groups == 1
        and convolution.out_channels % LANES == 0
        and convolution.out_channels <= _MOST_FILTERS
        and 2 <= rows * columns * convolution.in_channels <= _MOST_WEIGHTS
        and columns * convolution.in_channels >= 2
    )


def gains(x: Tensor, convolution: Conv2dModule, pooling: MaxPoolModule) -> bool:
    """Whether `convolve_and_pool` is the sooner way, and can be gone, as things stand."""
    if x.requires_grad or type(x) is not Tensor or not in_bfloat16(x) or not fits(convolution, pooling):
        return False
    return worth(x, padding_of(convolution), convolution.weight.shape) and not followed()


def worth(x: Tensor, padding: tuple[int, ...], weights: Sequence[int]) -> bool:
    """Whether images are large enough to be worth it and narrow enough, and the processor can do it."""
    filters, channels, rows, columns = weights
    height, width = (side + 2 * more for side, more in zip(x.shape[2:], padding, strict=True))
    high, wide = height - rows + 1, width - columns + 1
    return (
        min(high, wide) >= 2
        and LANES <= (width - 1) * channels <= _MOST_NEIGHBOURS // (rows + 1)
        and len(x) * high * wide * filters >= _MANY
        and multiplies_bfloat16()
    )


def convolve_and_pool(x: Tensor, convolution: Conv2dModule) -> Tensor:
    """What the layers for which `gains` is true make of images (n, channels, height, width): bfloat16, pooled."""
    apply: Any = _PooledConvolution.apply
    return apply(padded(x, padding_of(convolution)), convolution.weight, convolution.bias)


def padding_of(convolution: Conv2dModule) -> tuple[int, ...]:
    """How many zeros the convolution wants above and below, and beside."""
    return cast("tuple[int, int]", convolution.padding)


def padded(x: Tensor, padding: tuple[int, ...]) -> Tensor:
    """Images in bfloat16, channels last, with zeros above and below and beside them."""
    x = pad(x.to(torch.bfloat16), [(more, more) for more in padding])
    return x.contiguous(memory_format=torch.channels_last)


def packed(weight: Tensor) -> Tensor:
    """Weights (filters, channels, rows, columns) in bfloat16, in the order in which machine code wants them."""
    filters, channels, rows, columns = weight.shape
    lines = weight.to(torch.bfloat16).permute(2, 3, 1, 0).reshape(rows, columns * channels, filters)
    starts = pairs((rows, columns, channels))
    first, second = lines[:, starts], lines[:, [start + 1 for start in starts]]
    if columns * channels % 2:
        first[:, -1] = 0  # is part of the pair before
    return torch.stack([first, second], -1)


def pooled(x: Tensor, weights: Tensor, bias: Tensor, kernel: Kernel, winners: bool) -> tuple[Tensor, Any]:
    """The pooled map of padded images for packed weights, and the winners if they are asked for."""
    n, _, height, width = x.shape
    shape = (n, (height - kernel[0] + 1) // 2, (width - kernel[1] + 1) // 2, len(bias))
    y = torch.empty(shape, dtype=torch.bfloat16)
    won = [torch.empty(shape, dtype=torch.uint8)] if winners else []
    run(forward_code(kernel, len(bias), winners), (x, weights, bias, y, *won), (n, height, width))
    return y.permute(0, 3, 1, 2), won[0] if winners else None


class _PooledConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *given: Any) -> Tensor:
        x, weight, bias = given
        ctx.kernel = (*weight.shape[2:], weight.shape[1])
        biases = weight.new_zeros(len(weight)) if bias is None else bias
        y, won = pooled(x, packed(weight), biases.float().contiguous(), ctx.kernel, True)
        ctx.save_for_backward(x, weight, bias, won)
        return y

    @staticmethod
    def backward(ctx: Any, *given: Any) -> Any:
        x, weight, bias, won = ctx.saved_tensors
        if torch.is_grad_enabled():  # a gradient of the gradient is wanted
            wanted = [one for one in (weight, bias) if one is not None and one.requires_grad]
            found = iter(torch.autograd.grad(_plainly(x, weight, bias), wanted, given[0].float(), create_graph=True))
            return None, *(next(found) if one is not None and one.requires_grad else None for one in (weight, bias))
        rows, columns, channels = ctx.kernel
        towards = given[0].to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
        n, _, height, width = x.shape
        sums = room(n, rows * columns * channels, len(weight))
        run(gradient_code(ctx.kernel, len(weight)), (x, towards, won, sums), (n, height, width))
        total = sums.sum(0)
        kernels = total[:-1].view(rows, columns, channels, len(weight)).permute(3, 2, 0, 1).to(weight.dtype)
        return None, kernels, None if bias is None else total[-1].to(bias.dtype)


def _plainly(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The same in torch's operations, which have derivatives of every order."""
    return F.relu(F.max_pool2d(F.conv2d(x.float(), weight.float(), None if bias is None else bias.float()), 2))
