"""What another camera, lens or lamp would have made of the same scene: nothing moves, so every target stays."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

FIELD = 4
"""Rows and columns of a field of light."""


@dataclass(frozen=True)
class Photometric:
    """By how much images are lit, focused and recorded otherwise; nothing by default.

    `gamma` bends values between the darkest and the brightest of an image by a power of up to e**gamma or its
    reciprocal, `contrast` stretches them about their mean by a factor of up to e**contrast or its reciprocal,
    `brightness` changes that mean by up to this fraction, `blur` mixes up to this share of a 3x3 binomial blur in, or
    takes as much away, `glow` adds light of up to so many levels that changes slowly over the image, as from something
    bright nearby, and `noise` is the largest standard deviation, in levels, of noise that all channels share.

    Examples:
        >>> Photometric(gamma=0.5).blur
        0.0
    """

    gamma: float = 0.0
    contrast: float = 0.0
    brightness: float = 0.0
    blur: float = 0.0
    illumination: float = 0.0
    noise: float = 0.0

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Changes uint8 images (n, height, width, channels), each in its own way."""
        if self == Photometric():
            return images

        def drawn(reach: float) -> Tensor:
            return (torch.rand(len(images), 1, 1, 1, generator=generator) * 2 - 1) * reach

        values = images.permute(0, 3, 1, 2).float()
        low = values.amin((1, 2, 3), keepdim=True)
        span = (values.amax((1, 2, 3), keepdim=True) - low).clamp_min(1)
        values = values.sub_(low).div_(span).pow_(drawn(self.gamma).exp()).mul_(span).add_(low)
        middle = values.mean((1, 2, 3), keepdim=True)
        values = values.sub_(middle).mul_(drawn(self.contrast).exp()).add_(middle * (1 + drawn(self.brightness)))
        if self.blur:
            values = values.lerp_(blurred(values), drawn(self.blur))
        if self.illumination:
            values = values.add_(self._light_of(values, generator))
        if self.noise:
            noise = torch.randn(len(images), 1, *values.shape[2:], generator=generator)
            values = values.add_(noise.mul_(drawn(self.noise)))
        return values.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()

    def _light_of(self, values: Tensor, generator: torch.Generator) -> Tensor:
        """(n, 1, height, width): a coarse field of light enlarged smoothly; little is drawn more often than much."""
        size = (values.shape[2], values.shape[3])
        field = torch.rand(len(values), 1, FIELD, FIELD, generator=generator).square_()
        field = F.interpolate(field, size, mode="bicubic", align_corners=False).clamp_(0, 1)
        return field.mul_(torch.rand(len(values), 1, 1, 1, generator=generator).square_().mul_(self.illumination))


def blurred(values: Tensor) -> Tensor:
    """(n, channels, height, width) convolved with (1, 2, 1) / 4 down and across; borders are repeated."""
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    down = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    return (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]) / 16
