"""Moves images and what lies in them together: one affine map an image for pixels, boxes and masks alike."""

import torch
from torch import Tensor

from opsin.core.output import SpatialTargets
from opsin.geometry import IGNORED

from .augmentation import Augmentation, adjust_brightness_contrast, affine_maps
from .warp import warp_affine, warp_masks

LEAST_VISIBLE = 0.25
"""The share of a box that must stay in view; what shows less is neither an object nor background."""
NO_BOX, UNCLEAR = -1, -2


def move(
    augmentation: Augmentation,
    images: Tensor,
    targets: Tensor,
    spatial: SpatialTargets,
    generator: torch.Generator,
    mirrored: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Augments uint8 images (n, height, width, channels) together with their boxes or masks.

    Boxes are float32 (n, most, 5): xmin, ymin, xmax, ymax in pixels and the class, -1 where there is no box, -2 where
    nobody should say what there is. Masks are (n, height, width): uint8 classes, or int32 instances. What comes into
    view from outside has the image's mean colour, no boxes, and masks that are IGNORED or background.
    """
    count, height, width = images.shape[:3]
    if augmentation.hflip and mirrored is None:
        mirrored = torch.rand(count, generator=generator) < 0.5
    forward = affine_maps(augmentation, (count, height, width), generator, mirrored if augmentation.hflip else None)
    if not torch.equal(forward, torch.eye(2, 3).expand_as(forward)):
        images = warp_affine(images, forward, images.float().mean((1, 2)))
        if spatial == "boxes":
            targets = _moved_boxes(targets, forward, height, width)
        else:
            targets = warp_masks(targets, forward, IGNORED if targets.dtype == torch.uint8 else 0)
    if augmentation.brightness_contrast:
        images = adjust_brightness_contrast(images, augmentation.brightness_contrast, generator)
    return augmentation.photometric(images, generator), targets


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
