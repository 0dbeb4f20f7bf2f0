"""2x2 max pooling by two comparisons of whole feature maps."""

import torch
import torch.nn.functional as F
from torch import Tensor

from .registry import kernel, select

Size = tuple[int, int]
_MIN_VALUES = 2**18
"""Values of a feature map from which on comparing takes about half of the time of torch's pooling."""


def max_pool2d(x: Tensor, kernel_size: Size, stride: Size) -> Tensor:
    """Computes max pooling, as `torch.nn.functional.max_pool2d`.

    Args:
        x: (n, channels, height, width).
        kernel_size: Height and width of a window.
        stride: Steps between windows, down and across.

    Examples:
        >>> max_pool2d(torch.arange(16.0).view(1, 1, 4, 4), (2, 2), (2, 2)).flatten().tolist()
        [5.0, 7.0, 13.0, 15.0]
    """
    chosen = select("max_pool2d", x, kernel_size, stride)
    return F.max_pool2d(x, kernel_size, stride) if chosen is None else chosen.run(x, kernel_size, stride)


def _is_supported(x: Tensor, kernel_size: Size, stride: Size) -> bool:
    differentiates = x.requires_grad and torch.is_grad_enabled()
    tracing = torch.jit.is_tracing()  # pyright: ignore[reportPrivateImportUsage]
    return kernel_size == stride == (2, 2) and x.device.type == "cpu" and not differentiates and not tracing


def _is_faster(x: Tensor, kernel_size: Size, stride: Size) -> bool:
    return x.numel() >= _MIN_VALUES and x.is_contiguous(memory_format=torch.channels_last)


@kernel("max_pool2d", is_supported=_is_supported, is_faster=_is_faster)
def compare_halves(x: Tensor, kernel_size: Size, stride: Size) -> Tensor:
    """Computes 2x2 max pooling with stride 2; a last odd row or column is left out."""
    x = x[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2]
    columns = torch.maximum(x[..., 0::2], x[..., 1::2])
    return torch.maximum(columns[:, :, 0::2], columns[:, :, 1::2])
