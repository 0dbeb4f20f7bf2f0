"""Moves images and what lies in them together: one affine map an image for pixels, boxes and masks alike."""

from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from .augment import Augmentation, relight
from .table import IGNORED

Places: TypeAlias = Literal["none", "boxes", "masks"]
"""What of a target moves with its image."""
LEAST_VISIBLE = 0.25
"""The share of a box that must stay in view; what shows less is neither an object nor background."""
NO_BOX, UNCLEAR = -1, -2


def move(
    augmentation: Augmentation,
    images: Tensor,
    targets: Tensor,
    places: Places,
    generator: torch.Generator,
    mirrored: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Augments uint8 images (n, height, width, channels) together with their boxes or masks.

    Boxes are float32 (n, most, 5): xmin, ymin, xmax, ymax in pixels and the class, -1 where there is no box, -2 where
    nobody should say what there is. Masks are (n, height, width): uint8 classes, or int32 instances. What comes into
    view from outside has the image's mean colour, no boxes, and masks that are IGNORED or background.
    """
    count, height, width = images.shape[:3]
    if augmentation.mirror and mirrored is None:
        mirrored = torch.rand(count, generator=generator) < 0.5
    forward = _maps(augmentation, (count, height, width), generator, mirrored if augmentation.mirror else None)
    if not torch.equal(forward, torch.eye(2, 3).expand_as(forward)):
        grid = _grid(forward, height, width)
        images = _moved_images(images, grid)
        targets = _moved_boxes(targets, forward, height, width) if places == "boxes" else _moved_masks(targets, grid)
    if augmentation.light:
        images = relight(images, augmentation.light, generator)
    return augmentation.camera(images, generator), targets


def _maps(
    augmentation: Augmentation, size: tuple[int, int, int], generator: torch.Generator, mirrored: Tensor | None
) -> Tensor:
    """(n, 2, 3): where a point goes, in pixels from the middle of the image, x before y."""
    count, height, width = size

    def drawn(reach: float) -> Tensor:
        return (torch.rand(count, generator=generator) * 2 - 1) * reach

    angle = drawn(augmentation.rotate) * (torch.pi / 180) if augmentation.rotate else torch.zeros(count)
    if augmentation.turn:
        quarter = torch.randint(0, 4, (count,), generator=generator)
        quarter = quarter if height == width else quarter // 2 * 2
        angle = angle + quarter * (torch.pi / 2)
    scale = torch.exp(drawn(augmentation.zoom)) if augmentation.zoom else torch.ones(count)
    flip = torch.ones(count) if mirrored is None else torch.where(mirrored, -1.0, 1.0)
    cosine, sine = (torch.cos(angle) * scale), (torch.sin(angle) * scale)
    cosine, sine = (torch.where(part.abs() < 1e-6, 0.0, part) for part in (cosine, sine))
    shift = torch.zeros(2, count)
    if augmentation.shift:
        reach = augmentation.shift
        shift = torch.randint(-reach, reach + 1, (2, count), generator=generator).float()
    across = torch.stack([cosine * flip, -sine, shift[0]], 1)
    down = torch.stack([sine * flip, cosine, shift[1]], 1)
    return torch.stack([across, down], 1)


def _grid(forward: Tensor, height: int, width: int) -> Tensor:
    """Where each pixel of the moved image comes from, as `grid_sample` wants it."""
    linear = torch.linalg.inv(forward[:, :, :2])
    offset = -(linear @ forward[:, :, 2:])
    half = torch.tensor([width / 2, height / 2])
    matrix = torch.cat([linear * half[None, None, :] / half[None, :, None], offset / half[None, :, None]], 2)
    return F.affine_grid(matrix, [len(forward), 1, height, width], align_corners=False)


def _moved_images(images: Tensor, grid: Tensor) -> Tensor:
    mean = images.float().mean((1, 2), keepdim=True).permute(0, 3, 1, 2)
    values = images.permute(0, 3, 1, 2).float() - mean
    moved = F.grid_sample(values, grid, mode="bilinear", padding_mode="zeros", align_corners=False) + mean
    return moved.round_().clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _moved_masks(masks: Tensor, grid: Tensor) -> Tensor:
    """The nearest value for each pixel; float32 holds the codes of up to 65,535 instances exactly."""
    outside = IGNORED if masks.dtype == torch.uint8 else 0
    values = masks[:, None].float() - outside  # so that the zeros from outside mean just that
    moved = F.grid_sample(values, grid, mode="nearest", padding_mode="zeros", align_corners=False)[:, 0]
    return (moved + outside).to(masks.dtype)


def _moved_boxes(boxes: Tensor, forward: Tensor, height: int, width: int) -> Tensor:
    """The boxes around the moved corners, cut at the borders."""
    if not boxes.shape[1]:
        return boxes
    middle = torch.tensor([width / 2, height / 2])
    x, y = boxes[:, :, [0, 2, 0, 2]], boxes[:, :, [1, 1, 3, 3]]
    corners = torch.stack([x, y], 3) - middle
    moved = torch.einsum("nij,nmcj->nmci", forward[:, :, :2], corners) + forward[:, None, None, :, 2] + middle
    low, high = moved.amin(2), moved.amax(2)
    limit = torch.tensor([float(width), float(height)])
    seen_low, seen_high = low.clamp_min(0).minimum(limit), high.clamp_min(0).minimum(limit)
    whole, seen = (high - low).prod(2), (seen_high - seen_low).prod(2)
    kind = boxes[:, :, 4]
    real = kind != NO_BOX
    kind = torch.where(real & (seen <= 0), float(NO_BOX), kind)
    kind = torch.where(real & (seen > 0) & (seen < LEAST_VISIBLE * whole), float(UNCLEAR), kind)
    return torch.cat([seen_low, seen_high, kind[:, :, None]], 2)
