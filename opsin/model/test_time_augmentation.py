"""Test-time augmentation: outputs averaged over flipped and shifted copies of an image."""

from collections.abc import Callable

import torch
from torch import Tensor

TTA_MODES = {"none": 1, "hflip": 2, "hflip_shift": 6}
"""Number of copies of an image for each mode."""


def tta_average(compute: Callable[[Tensor], Tensor], pixels: Tensor, tta: str) -> Tensor:
    """Averages outputs over the copies of a test-time augmentation.

    "hflip" adds the horizontal flip; "hflip_shift" gives half the weight to both and half to both shifted by a pixel to
    the upper left and the lower right, edges reflected (Jordan 2024, arXiv:2404.00498, `infer_mirror_translate`).

    Args:
        compute: Computes outputs (n, units), or (n, units, ..., width), which are flipped back, for pixels.
        pixels: Images (n, ..., height, width, channels) of any type.
        tta: Mode, one of `TTA_MODES`.

    Returns:
        The mean output, shaped as one output of `compute`.

    Examples:
        >>> tta_average(lambda x: x[:, 0, :1, 0], torch.tensor([[[[1.0], [3.0]]]]), "hflip").item()
        2.0
    """
    if tta == "none":
        return compute(pixels)

    def both_sides(pixels: Tensor) -> Tensor:
        flipped = compute(pixels.flip(-2))
        return (compute(pixels) + (flipped.flip(-1) if flipped.ndim > 2 else flipped)) / 2

    plain = both_sides(pixels)
    if tta == "hflip":
        return plain
    return plain / 2 + (both_sides(_shifted(pixels, -1)) + both_sides(_shifted(pixels, 1))) / 4


def _shifted(pixels: Tensor, by: int) -> Tensor:
    """Shifts the content up and to the left by a pixel (`by` 1), or down and to the right (-1), edges reflected."""
    for axis in range(1, pixels.ndim - 1):
        side = pixels.shape[axis]
        kept, edge = pixels.narrow(axis, max(by, 0), side - 1), pixels.narrow(axis, side - 2 if by > 0 else 1, 1)
        pixels = torch.cat([kept, edge] if by > 0 else [edge, kept], axis)
    return pixels
