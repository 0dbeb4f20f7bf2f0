"""Photometric augmentation: light, focus and noise; nothing moves, so every target stays."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

FIELD = 4
"""Rows and columns of the coarse field of added light."""


@dataclass(frozen=True)
class Photometric:
    """Ranges of photometric changes; none by default.

    Args:
        gamma: Values between the darkest and the brightest are raised to a power of up to e**gamma or its reciprocal.
        contrast: Values are scaled about their mean by a factor of up to e**contrast or its reciprocal.
        brightness: Largest change of the mean, as a fraction.
        blur: Largest share of a 3x3 binomial blur that is added or subtracted.
        illumination: Largest added light, in grey levels, that changes slowly over the image.
        noise: Largest standard deviation, in grey levels, of noise that all channels share.

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
        """Changes uint8 images (n, height, width, channels), each by its own draw."""
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
        """Draws (n, 1, height, width) of smooth added light; weak light is more frequent than strong light."""
        size = (values.shape[2], values.shape[3])
        field = torch.rand(len(values), 1, FIELD, FIELD, generator=generator).square_()
        field = F.interpolate(field, size, mode="bicubic", align_corners=False).clamp_(0, 1)
        return field.mul_(torch.rand(len(values), 1, 1, 1, generator=generator).square_().mul_(self.illumination))


def blurred(values: Tensor) -> Tensor:
    """Convolves (n, channels, height, width) with (1, 2, 1) / 4 along both axes; borders are repeated."""
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    down = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    return (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]) / 16
