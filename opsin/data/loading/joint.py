"""Joint augmentation of images and their boxes or masks: one affine map for both."""

import torch
from torch import Tensor

from opsin.core import OutputSpec, SpatialTargets
from opsin.geometry import IGNORED

from .augmentation import Augmentation, adjust_brightness_contrast, affine_maps
from .warp import warp_affine, warp_masks

LEAST_VISIBLE = 0.25
"""Share of a box that must stay in view; a box with less is neither an object nor background."""
NO_BOX, UNCLEAR = -1, -2


def move(
    augmentation: Augmentation,
    images: Tensor,
    targets: Tensor,
    spatial: SpatialTargets,
    generator: torch.Generator,
    flipped: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Augments images together with their boxes or masks.

    Pixels from outside of an image have its mean colour, no boxes, and masks that are IGNORED or background.

    Args:
        augmentation: Random changes.
        images: uint8 (n, height, width, channels).
        targets: Boxes, float32 (n, most, 5): xmin, ymin, xmax, ymax in pixels, and the class, -1 for no box and -2 for
            a region to ignore; or masks (n, height, width), uint8 classes or int32 instances.
        spatial: "boxes", or another word for masks.
        generator: Source of randomness.
        flipped: (n,) bool, the images to flip if augmentation flips. Default: drawn at random.

    Returns:
        Images and targets of the same shapes and types.
    """
    count, height, width = images.shape[:3]
    if augmentation.hflip and flipped is None:
        flipped = torch.rand(count, generator=generator) < 0.5
    forward = affine_maps(augmentation, (count, height, width), generator, flipped if augmentation.hflip else None)
    if not torch.equal(forward, torch.eye(2, 3).expand_as(forward)):
        images = warp_affine(images, forward, images.float().mean((1, 2)))
        if OutputSpec("grid", spatial).has_boxes:
            targets = _moved_boxes(targets, forward, height, width)
        else:
            targets = warp_masks(targets, forward, IGNORED if targets.dtype == torch.uint8 else 0)
    if augmentation.brightness_contrast:
        images = adjust_brightness_contrast(images, augmentation.brightness_contrast, generator)
    return augmentation.photometric(images, generator), targets


def _moved_boxes(boxes: Tensor, forward: Tensor, height: int, width: int) -> Tensor:
    """Returns the boxes around the moved corners, clipped to the image."""
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
