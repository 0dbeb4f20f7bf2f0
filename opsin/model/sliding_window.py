"""Prediction on volumes in overlapping patches with Gaussian weights, slab by slab, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.data import Preprocessing, Volume
from opsin.geometry.tiles import tile_grid
from opsin.tasks import Task

SIGMA = 1 / 8
"""Standard deviation of the weight of a patch, as a share of its sides (Isensee et al. 2021)."""
MOST_TOGETHER = 8
"""Largest number of patches that are computed at a time: more need memory and are no faster."""
_LEAST_WEIGHT = 1e-3


class PatchModel(Protocol):
    """Attributes of a model that the sliding window reads."""

    task: Task
    preprocessing: Preprocessing

    def logits(self, arrays: np.ndarray) -> Tensor:
        """See `Model.logits`."""
        ...


def predict_volume(model: PatchModel, volume: Volume, together: int) -> np.ndarray:
    """Predicts on a volume and returns the prediction on the volume's own grid.

    Args:
        model: Model whose preprocessing takes patches.
        volume: The volume, in any orientation.
        together: Number of patches that may be computed at a time.

    Returns:
        The task's prediction for each voxel of the volume, uint8 (depth, height, width, 2).
    """
    prepared: Any = model.preprocessing
    canonical = prepared.decode(volume)
    array, placement = prepared.fit(canonical)
    found = predict_array(model, array, together, placement.image)
    return np.ascontiguousarray(volume.orientation.undo(found))


def predict_array(model: PatchModel, array: np.ndarray, together: int, size: Sequence[int] | None = None) -> np.ndarray:
    """Predicts on a preprocessed volume.

    Args:
        model: Model whose preprocessing takes patches.
        array: (depth, height, width, channels), as the preprocessing returns it.
        together: Number of patches that may be computed at a time.
        size: (depth, height, width) of the result, to which probabilities are resampled linearly. Default: as the
            array.

    Returns:
        The task's prediction for each voxel, uint8 (depth, height, width, 2).
    """
    size = tuple(size or array.shape[:3])
    planes = _resampled_planes(_probability_planes(model, array, together), array.shape[0], size)
    out = np.empty((*size, 2), np.uint8)
    for row, plane in enumerate(planes):
        out[row] = model.task.decode(plane.clamp_min(1e-12).log()[None, :, None])[0, 0]
    return out


def _probability_planes(model: PatchModel, array: np.ndarray, together: int) -> Iterator[Tensor]:
    """Yields the probabilities (classes, height, width) of each plane of an array, from the first to the last.

    Only the sums of as many planes as a patch has are kept.
    """
    window, count = model.preprocessing.size[:3], min(MOST_TOGETHER, together)
    shape = array.shape[:3]
    tiles = tile_grid(shape, window)
    weight = _gaussian(tuple(min(pair) for pair in zip(window, shape, strict=True)))
    starts = sorted({tile.start[0] for tile in tiles})
    sums: Tensor | None = None
    weights = torch.zeros(min(window[0], shape[0]), *shape[1:])
    for number, start in enumerate(starts):
        row = [tile for tile in tiles if tile.start[0] == start]
        for first in range(0, len(row), count):
            some = row[first : first + count]
            patches = np.stack([_padded(array[tile.slices], model.preprocessing.size) for tile in some])
            for tile, logits in zip(some, model.logits(patches), strict=True):
                inside = logits[(slice(None), *(slice(0, side) for side in tile.size))].float().softmax(0)
                if sums is None:
                    sums = torch.zeros(len(inside), *weights.shape)
                where = (slice(None), *tile.slices[1:])
                sums[(slice(None), *where)] += inside * weight
                weights[where] += weight
        assert sums is not None
        done = (starts[number + 1] - start) if number + 1 < len(starts) else sums.shape[1]
        yield from (sums[:, plane] / weights[plane] for plane in range(done))
        sums, weights = _moved_on(sums, done, 1), _moved_on(weights, done, 0)


def _moved_on(sums: Tensor, planes: int, axis: int) -> Tensor:
    """Returns the sums without their first planes, and with as many of zeros at the end."""
    kept = sums.narrow(axis, planes, sums.shape[axis] - planes)
    return torch.cat([kept, torch.zeros_like(sums.narrow(axis, 0, planes))], axis)


def _resampled_planes(planes: Iterator[Tensor], depth: int, size: Sequence[int]) -> Iterator[Tensor]:
    """Resamples planes of probabilities linearly to (depth, height, width), each axis by the centres of its voxels."""
    below: Tensor | None = None
    above, index = next(planes), 0
    for plane in range(size[0]):
        place = min(max((plane + 0.5) * depth / size[0] - 0.5, 0.0), depth - 1.0)
        while index < place and index < depth - 1:
            below, above, index = above, next(planes), index + 1
        share = index - place
        mixed = above if below is None or share <= 0 else above.lerp(below, share)
        if tuple(mixed.shape[1:]) != tuple(size[1:]):
            mixed = F.interpolate(mixed[None], (size[1], size[2]), mode="bilinear", align_corners=False)[0]
        yield mixed


def _padded(patch: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Returns a patch, enlarged at its ends to the network's input with its smallest values."""
    if patch.shape == tuple(size):
        return patch
    out = np.empty(tuple(size), patch.dtype)
    out[...] = patch.min((0, 1, 2))
    out[tuple(slice(0, side) for side in patch.shape[:3])] = patch
    return out


@lru_cache(maxsize=4)
def _gaussian(size: tuple[int, ...]) -> Tensor:
    """Returns the weight of each voxel of a patch: 1 in its middle."""
    axes = [torch.exp(-0.5 * ((torch.arange(side) - (side - 1) / 2) / max(1.0, SIGMA * side)) ** 2) for side in size]
    return (axes[0][:, None, None] * axes[1][:, None] * axes[2]).clamp_min(_LEAST_WEIGHT)
