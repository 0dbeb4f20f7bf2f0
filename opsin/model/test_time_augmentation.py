"""Answers averaged over slightly different versions of one image."""

from collections.abc import Callable

import torch
from torch import Tensor

TTA_MODES = {"none": 1, "hflip": 2, "hflip_shift": 6}
"""How often the network looks at an image."""


def tta_average(answer: Callable[[Tensor], Tensor], pixels: Tensor, tta: str) -> Tensor:
    """What `answer` makes of pixels (n, height, width, channels) of any kind, averaged over their tta.

    "hflip" adds the mirror image; "hflip_shift" gives half the weight to both and half to both shifted by a pixel to
    the upper left and the lower right, edges reflected (Jordan 2024, arXiv:2404.00498, `infer_mirror_translate`).
    What is an answer for each pixel (n, units, height, width) is mirrored back first.

    >>> tta_average(lambda x: x[:, 0, :1, 0], torch.tensor([[[[1.0], [3.0]]]]), "hflip").item()
    2.0
    """
    if tta == "none":
        return answer(pixels)

    def both_sides(pixels: Tensor) -> Tensor:
        mirrored = answer(pixels.flip(2))
        return (answer(pixels) + (mirrored.flip(3) if mirrored.ndim == 4 else mirrored)) / 2

    plain = both_sides(pixels)
    if tta == "hflip":
        return plain
    return plain / 2 + (both_sides(_shifted(pixels, -1)) + both_sides(_shifted(pixels, 1))) / 4


def _shifted(pixels: Tensor, by: int) -> Tensor:
    """What lies a pixel further down and to the right (`by` 1), or up and to the left (-1), the edges reflected."""
    for axis in (1, 2):
        side = pixels.shape[axis]
        kept, edge = pixels.narrow(axis, max(by, 0), side - 1), pixels.narrow(axis, side - 2 if by > 0 else 1, 1)
        pixels = torch.cat([kept, edge] if by > 0 else [edge, kept], axis)
    return pixels
