"""Patches of volumes for training: seeded positions, one affine map for the values and the mask."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.geometry import IGNORED

from .augmentation import Augmentation

FOREGROUND_SHARE = 1 / 3
"""Share of the patches around a voxel of the foreground (Isensee et al. 2021)."""
_MOST_SEARCHED = 2**22
"""Voxels of a mask that are searched for foreground; of larger masks an evenly spaced part."""


def draw_patches(
    volumes: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    size: Sequence[int],
    augmentation: Augmentation,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Cuts a patch from each volume and its mask.

    A third of the patches has its centre at a voxel of the foreground, with equal chance for each class; others have a
    random position. Around a volume values are its smallest, and masks are IGNORED.

    Args:
        volumes: Arrays (depth, height, width, channels).
        masks: Class indices (depth, height, width).
        size: (depth, height, width) of a patch.
        augmentation: Random flips, rotations, scaling and brightness.
        generator: Source of randomness.

    Returns:
        Values (n, *size, channels) of the type of the volumes, and uint8 masks (n, *size).
    """
    images, targets = list[Tensor](), list[Tensor]()
    for volume, mask in zip(volumes, masks, strict=True):
        centre = _centre(mask, size, generator)
        image, target = _cut(volume, mask, size, centre, _linear_map(augmentation, generator))
        if augmentation.brightness_contrast:
            image = _relit(image, augmentation.brightness_contrast, generator)
        kind = torch.uint8 if volume.dtype == np.uint8 else torch.float16
        images.append(image.round_().clamp_(0, 255).to(kind) if kind == torch.uint8 else image.to(kind))
        targets.append(target)
    return torch.stack(images), torch.stack(targets)


def first_patches(arrays: Sequence[np.ndarray], size: Sequence[int], fill: int) -> Tensor:
    """Returns the middle of each array (depth, height, width, ...), padded with `fill` to `size`."""
    return torch.stack([torch.from_numpy(middle_patch(array, size, fill)) for array in arrays])


def middle_patch(array: np.ndarray, size: Sequence[int], fill: float) -> np.ndarray:
    """Returns the middle of an array (depth, height, width, ...), padded with `fill` to `size`."""
    out = np.full((*size, *array.shape[3:]), fill, array.dtype)
    into, source = list[slice](), list[slice]()
    for side, length in zip(size, array.shape, strict=False):
        kept = min(side, length)
        into.append(slice((side - kept) // 2, (side - kept) // 2 + kept))
        source.append(slice((length - kept) // 2, (length - kept) // 2 + kept))
    out[tuple(into)] = array[tuple(source)]
    return out


def _centre(mask: np.ndarray, size: Sequence[int], generator: torch.Generator) -> np.ndarray:
    """Draws the centre of a patch in voxels, (3,); patches stay within the volume where they fit."""
    shape, sides = np.array(mask.shape), np.array(size)
    draws = torch.rand(6, generator=generator).numpy()
    low, high = np.minimum(sides, shape) / 2, shape - np.minimum(sides, shape) / 2
    centre = low + draws[:3] * (high - low)
    if draws[3] < FOREGROUND_SHARE:
        step = max(1, round((mask.size / _MOST_SEARCHED) ** (1 / 3)))
        some = mask[::step, ::step, ::step]
        classes = np.unique(some)
        classes = classes[(classes > 0) & (classes != IGNORED)]
        if len(classes):
            voxels = np.flatnonzero(some == classes[int(draws[4] * len(classes))])
            place = np.unravel_index(voxels[int(draws[5] * len(voxels))], some.shape)
            centre = (np.array(place) * step + 0.5).clip(low, high)
    return centre


def _linear_map(augmentation: Augmentation, generator: torch.Generator) -> np.ndarray:
    """Draws the linear part (3, 3) of the map from patch to volume, over (depth, height, width)."""
    draws = torch.rand(7, generator=generator).numpy() * 2 - 1
    matrix = np.eye(3)
    if augmentation.rotate:
        for axis, draw in enumerate(draws[:3]):
            angle = np.radians(augmentation.rotate) * draw
            cosine, sine = np.cos(angle), np.sin(angle)
            turn = np.eye(3)
            first, second = [other for other in range(3) if other != axis]
            turn[first, first] = turn[second, second] = cosine
            turn[first, second], turn[second, first] = -sine, sine
            matrix = matrix @ turn
    if augmentation.scale:
        matrix = matrix * np.exp(draws[3] * augmentation.scale)
    if augmentation.hflip and draws[4] < 0:
        matrix = matrix @ np.diag([1.0, 1.0, -1.0])
    return matrix


def _cut(
    volume: np.ndarray, mask: np.ndarray, size: Sequence[int], centre: np.ndarray, matrix: np.ndarray
) -> tuple[Tensor, Tensor]:
    """Samples a patch: values linearly, classes from the nearest voxel."""
    sides, shape = np.array(size), np.array(mask.shape)
    if np.array_equal(matrix, np.eye(3)):
        centre = np.floor(centre - sides / 2) + sides / 2  # on whole voxels
    reach = np.abs(matrix) @ (sides / 2)
    start = np.floor(centre - reach - 1).clip(0, shape - 1).astype(int)
    stop = np.minimum(np.ceil(centre + reach + 1), shape).astype(int).clip(start + 1)
    where = tuple(slice(a, b) for a, b in zip(start.tolist(), stop.tolist(), strict=True))
    values = torch.from_numpy(np.ascontiguousarray(volume[where], np.float32)).permute(3, 0, 1, 2)[None]
    codes = torch.from_numpy(np.ascontiguousarray(mask[where]).astype(np.float32))[None, None]
    grid = _sampling_grid(sides, matrix, centre - start, stop - start)
    low = values.amin((2, 3, 4), keepdim=True)
    sampled = F.grid_sample(values - low, grid, "bilinear", "zeros", align_corners=False) + low
    classes = F.grid_sample(codes - IGNORED, grid, "nearest", "zeros", align_corners=False) + IGNORED
    return sampled[0].permute(1, 2, 3, 0), classes[0, 0].to(torch.uint8)


def _sampling_grid(sides: np.ndarray, matrix: np.ndarray, centre: np.ndarray, part: np.ndarray) -> Tensor:
    """Returns (1, depth, height, width, 3) positions in a part of the volume, as `grid_sample` takes them: x, y, z."""
    axes = [np.arange(side) + 0.5 - side / 2 for side in sides]
    theta = (2 * matrix / part[:, None]).astype(np.float32)
    offset = (2 * centre / part - 1).astype(np.float32)
    down, along, across = (torch.from_numpy(axis.astype(np.float32)) for axis in axes)
    positions = [
        offset[row] + theta[row, 0] * down[:, None, None] + theta[row, 1] * along[:, None] + theta[row, 2] * across
        for row in (2, 1, 0)
    ]
    return torch.stack([position.expand(*sides.tolist()) for position in positions], 3)[None]


def _relit(image: Tensor, amount: float, generator: torch.Generator) -> Tensor:
    """Changes contrast, brightness and gamma by up to a fraction `amount`, and adds noise."""
    draws = (torch.rand(4, generator=generator) * 2 - 1) * amount
    low, span = image.amin(), (image.amax() - image.amin()).clamp_min(1e-6)
    share = ((image - low) / span).pow(torch.exp(2 * draws[0]))
    values = low + span * share
    middle = values.mean()
    values = (values - middle) * (1 + draws[1]) + middle + draws[2] * values.std()
    noise = torch.randn(image.shape, generator=generator)
    return values + noise * (draws[3].abs() * values.std() / 2)
