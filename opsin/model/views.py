"""Answers averaged over slightly different versions of one image."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

VIEWS = {"one": 1, "mirror": 2, "mirror_shift": 6}
"""How often the network looks at an image."""


def average_views(answer: Callable[[Tensor], Tensor], images: Tensor, views: str) -> Tensor:
    """What `answer` makes of images (n, channels, height, width), averaged over their views.

    "mirror" adds the mirror image; "mirror_shift" gives half the weight to both and half to both shifted by a pixel to
    the upper left and the lower right, edges reflected (Jordan 2024, arXiv:2404.00498, `infer_mirror_translate`).
    What is an answer for each pixel (n, units, height, width) is mirrored back first.

    >>> import torch
    >>> average_views(lambda x: x[:, 0, 0, :1], torch.tensor([[[[1.0, 3.0]]]]), "mirror").item()
    2.0
    """
    if views == "one":
        return answer(images)

    def both_sides(images: Tensor) -> Tensor:
        mirrored = answer(images.flip(3))
        return (answer(images) + (mirrored.flip(3) if mirrored.ndim == 4 else mirrored)) / 2

    plain = both_sides(images)
    if views == "mirror":
        return plain
    height, width = images.shape[2:]
    padded = F.pad(images, (1, 1, 1, 1), mode="reflect")
    shifted = [padded[:, :, start : start + height, start : start + width] for start in (0, 2)]
    return plain / 2 + (both_sides(shifted[0]) + both_sides(shifted[1])) / 4
