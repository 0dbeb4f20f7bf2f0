"""Augmentation of a batch of images: flips, translations, rotations, scaling, photometric changes, random erasing."""

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .warp import flip_and_translate, warp_affine

_FIELD = 4
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
        field = torch.rand(len(values), 1, _FIELD, _FIELD, generator=generator).square_()
        field = F.interpolate(field, size, mode="bicubic", align_corners=False).clamp_(0, 1)
        return field.mul_(torch.rand(len(values), 1, 1, 1, generator=generator).square_().mul_(self.illumination))


def blurred(values: Tensor) -> Tensor:
    """Convolves (n, channels, height, width) with (1, 2, 1) / 4 along both axes; borders are repeated."""
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    down = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    return (down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]) / 16


@dataclass(frozen=True)
class Augmentation:
    """Random changes of training images that keep their targets; none by default.

    Args:
        hflip: Horizontal flips, each image every other epoch (Jordan 2024, arXiv:2404.00498).
        rotate90: Rotations by 0, 90, 180 or 270 degrees.
        translate: Largest translation in pixels; borders are reflected.
        rotate: Largest rotation in degrees.
        scale: Largest change of scale, as a fraction.
        brightness_contrast: Largest change of brightness and of contrast, as a fraction.
        random_erasing: Largest side in pixels of a square that is covered (Zhong et al. 2020).
        photometric: Changes of light, focus and noise.

    Examples:
        >>> Augmentation(hflip=True, translate=2).hflip
        True
    """

    hflip: bool = False
    rotate90: bool = False
    translate: int = 0
    rotate: float = 0.0
    scale: float = 0.0
    brightness_contrast: float = 0.0
    random_erasing: int = 0
    photometric: Photometric = Photometric()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Augmentation":
        """Reads what `dataclasses.asdict` returned."""
        return replace(cls(**data), photometric=Photometric(**data["photometric"]))

    def __call__(self, images: Tensor, generator: torch.Generator, flipped: Tensor | None = None) -> Tensor:
        """Augments images.

        Args:
            images: uint8 (n, height, width, channels).
            generator: Source of randomness.
            flipped: (n,) bool, the images to flip if `hflip`. Default: drawn at random.

        Returns:
            uint8 of the same shape.
        """
        if self.hflip and flipped is None:
            flipped = torch.rand(len(images), generator=generator) < 0.5
        flipped = flipped if self.hflip else None
        if self.rotate or self.scale:
            count, height, width = images.shape[:3]
            images = warp_affine(images, affine_maps(self, (count, height, width), generator, flipped))
        else:
            images = _flip_and_translate(images, flipped, self.translate, generator)
            images = _rotations(images, generator) if self.rotate90 else images
        if self.brightness_contrast:
            images = adjust_brightness_contrast(images, self.brightness_contrast, generator)
        images = self.photometric(images, generator)
        if self.random_erasing:
            images = _random_erasing(images, self.random_erasing, generator)
        return images


def _flip_and_translate(images: Tensor, flipped: Tensor | None, shift: int, generator: torch.Generator) -> Tensor:
    """Moves every image by whole pixels, so that nothing is blurred; borders are reflected."""
    flips = torch.zeros(len(images), dtype=torch.bool) if flipped is None else flipped
    step = torch.zeros(2, len(images), dtype=torch.int64)
    if shift:
        step = torch.randint(-shift, shift + 1, (2, len(images), 1), generator=generator)[..., 0]
        step[1] = torch.where(flips, -step[1], step[1])
    return flip_and_translate(images, flips, step) if shift or flipped is not None else images


def _rotations(images: Tensor, generator: torch.Generator) -> Tensor:
    if images.shape[1] != images.shape[2]:
        return images
    turns = torch.randint(0, 4, (len(images),), generator=generator)
    out = images.clone()
    for quarter in (1, 2, 3):
        chosen = turns == quarter
        out[chosen] = torch.rot90(images[chosen], quarter, (1, 2))
    return out


def affine_maps(
    augmentation: Augmentation, size: tuple[int, int, int], generator: torch.Generator, flipped: Tensor | None
) -> Tensor:
    """Draws the affine map of each image.

    Args:
        augmentation: Ranges of rotation, scale and translation.
        size: (n, height, width) of the images.
        generator: Source of randomness.
        flipped: (n,) bool, the images to flip; None for none.

    Returns:
        (n, 2, 3) maps of points (x, y), in pixels from the centre of the image.
    """
    count, height, width = size

    def drawn(reach: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * reach

    angle = drawn(augmentation.rotate) * (torch.pi / 180) if augmentation.rotate else torch.zeros(count)
    if augmentation.rotate90:
        quarter = torch.randint(0, 4, (count,), generator=generator)
        quarter = quarter if height == width else quarter // 2 * 2
        angle = angle + quarter * (torch.pi / 2)
    scale = torch.exp(drawn(augmentation.scale)) if augmentation.scale else torch.ones(count)
    flip = torch.ones(count) if flipped is None else torch.where(flipped, -1.0, 1.0)
    cosine, sine = (torch.cos(angle) * scale), (torch.sin(angle) * scale)
    cosine, sine = (torch.where(part.abs() < 1e-6, 0.0, part) for part in (cosine, sine))
    shift = torch.zeros(2, count)
    if augmentation.translate:
        reach = augmentation.translate
        shift = torch.randint(-reach, reach + 1, (2, count), generator=generator).float()
    across = torch.stack([cosine * flip, -sine, shift[0]], 1)
    down = torch.stack([sine * flip, cosine, shift[1]], 1)
    return torch.stack([across, down], 1)


def adjust_brightness_contrast(images: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Changes the contrast and the brightness of each uint8 image by up to the fraction `amount`."""
    draws = (torch.rand(2, len(images), 1, 1, 1, generator=generator) * 2 - 1) * amount
    values = images.float()
    middle = values.mean((1, 2, 3), keepdim=True)
    values.sub_(middle).mul_(1 + draws[0]).add_(middle * (1 + draws[1]))
    return values.round_().clamp_(0, 255).to(torch.uint8)


def _random_erasing(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Covers a square around a random point with the image's mean colour."""
    count, height, width = images.shape[:3]
    centre = torch.rand(2, count, generator=generator) * torch.tensor([[height], [width]])
    reach = torch.rand(count, generator=generator) * side / 2
    first, end = (centre - reach).ceil().clamp_min(0).int().tolist(), ((centre + reach).floor() + 1).int().tolist()
    mean = images.float().mean((1, 2)).to(torch.uint8).numpy()
    out = images.clone()
    for image, top, bottom, left, right, colour in zip(
        out.numpy(), first[0], end[0], first[1], end[1], mean, strict=True
    ):
        image[top:bottom, left:right] = colour
    return out
