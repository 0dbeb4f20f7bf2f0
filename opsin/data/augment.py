"""Changes a batch of images in bulk the way the world might have: mirrored, shifted, turned, zoomed, lit, covered."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training image without changing its target; nothing by default.

    `mirror` flips left and right (each image every other epoch, Jordan 2024, arXiv:2404.00498), `turn` adds the four
    quarter turns, `shift` moves by up to so many pixels with reflected borders, `rotate` turns by up to so many
    degrees, `zoom` scales by up to this fraction, `light` changes brightness and contrast by up to this fraction, and
    `erase` covers a square of up to this side (random erasing, Zhong et al. 2020).

    >>> Augmentation(mirror=True, shift=2).mirror
    True
    """

    mirror: bool = False
    turn: bool = False
    shift: int = 0
    rotate: float = 0.0
    zoom: float = 0.0
    light: float = 0.0
    erase: int = 0

    def __call__(self, images: Tensor, generator: torch.Generator, mirrored: Tensor | None = None) -> Tensor:
        """Augments uint8 images (n, height, width, channels); `mirrored` says which to flip (drawn when None)."""
        if self.mirror and mirrored is None:
            mirrored = torch.rand(len(images), generator=generator) < 0.5
        if self.rotate or self.zoom:
            images = _turn_and_zoom(images, self.rotate, self.zoom, generator)
        images = _mirror_and_shift(images, mirrored if self.mirror else None, self.shift, generator)
        if self.turn:
            images = _quarter_turns(images, generator)
        if self.light:
            images = relight(images, self.light, generator)
        if self.erase:
            images = _erase(images, self.erase, generator)
        return images


def _mirror_and_shift(images: Tensor, mirrored: Tensor | None, shift: int, generator: torch.Generator) -> Tensor:
    """One gather moves every image by whole pixels, so nothing is blurred; borders are reflected."""
    if not shift:
        return images if mirrored is None else _mirror(images, mirrored)
    count, height, width = images.shape[:3]
    rows = torch.arange(height).expand(count, height)
    columns = torch.arange(width).expand(count, width)
    if mirrored is not None:
        columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    if shift:
        step = torch.randint(-shift, shift + 1, (2, count, 1), generator=generator)
        rows, columns = _reflect(rows + step[0], height), _reflect(columns + step[1], width)
    return images[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]


def _mirror(images: Tensor, mirrored: Tensor) -> Tensor:
    """The chosen images mirrored, whole rows at a time: a sixth of the time of a gather of pixels."""
    out = images.clone()
    out[mirrored] = images[mirrored].flip(2)
    return out


def _reflect(index: Tensor, size: int) -> Tensor:
    if size == 1:
        return torch.zeros_like(index)
    period = 2 * (size - 1)
    index = index % period
    return torch.minimum(index, period - index)


def _quarter_turns(images: Tensor, generator: torch.Generator) -> Tensor:
    if images.shape[1] != images.shape[2]:
        return images
    turns = torch.randint(0, 4, (len(images),), generator=generator)
    out = images.clone()
    for quarter in (1, 2, 3):
        chosen = turns == quarter
        out[chosen] = torch.rot90(images[chosen], quarter, (1, 2))
    return out


def _turn_and_zoom(images: Tensor, rotate: float, zoom: float, generator: torch.Generator) -> Tensor:
    """One affine map an image, sampled bilinearly with reflected borders."""
    count, height, width = images.shape[:3]
    angle = (torch.rand(count, generator=generator) * 2 - 1) * (rotate * torch.pi / 180)
    scale = torch.exp((torch.rand(count, generator=generator) * 2 - 1) * zoom)
    cosine, sine = torch.cos(angle) / scale, torch.sin(angle) / scale
    zero = torch.zeros(count)
    aspect = height / width
    matrix = torch.stack(
        [torch.stack([cosine, -sine * aspect, zero], 1), torch.stack([sine / aspect, cosine, zero], 1)], 1
    )
    channels_first = images.permute(0, 3, 1, 2).float()
    grid = F.affine_grid(matrix, list(channels_first.shape), align_corners=False)
    moved = F.grid_sample(channels_first, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return moved.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def relight(images: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Changes the contrast and the brightness of each image by up to the fraction `amount`."""
    draws = (torch.rand(2, len(images), 1, 1, 1, generator=generator) * 2 - 1) * amount
    values = images.float()
    middle = values.mean((1, 2, 3), keepdim=True)
    return ((values - middle) * (1 + draws[0]) + middle * (1 + draws[1])).round_().clamp_(0, 255).to(torch.uint8)


def _erase(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Covers a square around a random point with the image's own mean colour."""
    count, height, width = images.shape[:3]
    centre = torch.rand(2, count, 1, generator=generator)
    reach = torch.rand(count, 1, generator=generator) * side / 2
    rows = (torch.arange(height)[None] - centre[0] * height).abs() <= reach
    columns = (torch.arange(width)[None] - centre[1] * width).abs() <= reach
    covered = (rows[:, :, None] & columns[:, None, :])[..., None]
    mean = images.float().mean((1, 2), keepdim=True).to(torch.uint8)
    return torch.where(covered, mean, images)
