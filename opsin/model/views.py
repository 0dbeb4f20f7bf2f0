"""Answers averaged over slightly different versions of one image."""

from collections.abc import Callable

import torch
from torch import Tensor

VIEWS = {"one": 1, "mirror": 2, "mirror_shift": 6}
"""How often the network looks at an image."""


def average_views(answer: Callable[[Tensor], Tensor], pixels: Tensor, views: str) -> Tensor:
    """What `answer` makes of pixels (n, height, width, channels) of any kind, averaged over their views.

    "mirror" adds the mirror image; "mirror_shift" gives half the weight to both and half to both shifted by a pixel to
    the upper left and the lower right, edges reflected (Jordan 2024, arXiv:2404.00498, `infer_mirror_translate`).
    What is an answer for each pixel (n, units, height, width) is mirrored back first.

    >>> average_views(lambda x: x[:, 0, :1, 0], torch.tensor([[[[1.0], [3.0]]]]), "mirror").item()
    2.0
    """
    if views == "one":
        return answer(pixels)

    def both_sides(pixels: Tensor) -> Tensor:
        mirrored = answer(pixels.flip(2))
        return (answer(pixels) + (mirrored.flip(3) if mirrored.ndim == 4 else mirrored)) / 2

    plain = both_sides(pixels)
    if views == "mirror":
        return plain
    return plain / 2 + (both_sides(_shifted(pixels, -1)) + both_sides(_shifted(pixels, 1))) / 4


def _shifted(pixels: Tensor, by: int) -> Tensor:
    """What lies `by` pixels further down and to the right, the edges reflected."""
    places = [torch.arange(side, device=pixels.device) + by for side in pixels.shape[1:3]]
    rows, columns = (
        place.abs().minimum(2 * side - 2 - place) for place, side in zip(places, pixels.shape[1:3], strict=True)
    )
    return pixels[:, rows][:, :, columns]
