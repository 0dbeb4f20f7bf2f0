"""Training batches, gathered and augmented by threads while the network trains on the batch before."""

import itertools
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError, SpatialTargets, torch_generator
from opsin.geometry import IGNORED

from .augmentation import Augmentation
from .joint import move
from .patches import draw_patches, first_patches
from .sampling import Sampler, identity_balanced_batch, rows_by_identity, uniform_order

_IMAGE_AXES = 4
AHEAD = 1
"""Batches that are ready or in preparation, in addition to one per thread."""


@dataclass(frozen=True)
class Batch:
    """Arrays of samples (n, ..., channels) as the store holds them, and the encoded targets of the task."""

    images: Tensor
    targets: Tensor


@dataclass(frozen=True, eq=False)
class MaskSubset:
    """Some rows of a store of masks, read on demand; of masks of different sizes patches of `size`."""

    masks: np.ndarray
    rows: np.ndarray
    size: tuple[int, ...] = ()

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self.rows)

    def __getitem__(self, order: Tensor) -> Tensor:
        """Returns the masks at these indices of `rows`, (n, height, width) or (n, depth, height, width)."""
        chosen = self.arrays(order.numpy())
        if self.size:
            return first_patches(list(chosen), self.size, IGNORED)
        return torch.from_numpy(np.ascontiguousarray(chosen))

    def arrays(self, order: np.ndarray) -> np.ndarray:
        """Returns the masks at these indices of `rows` as they are stored."""
        return self.masks[self.rows[order]]


@dataclass(frozen=True)
class Batches:
    """Training batches in a new order every epoch, drawn from the seed alone, so that any step can be drawn again.

    Args:
        pixels: Array of the store.
        rows: Rows of `pixels` to train on.
        targets: Encoded target of each of `rows`.
        size: Samples in a batch.
        augmentation: Changes of images and patches; must be empty for volumes of one size.
        seed: Seed of order and augmentation.
        part: (rank, number of processes); each process takes other rows.
        spatial: The part of a target that moves with its image.
        sampler: "uniform", or "identity-balanced" for batches of several images of each of several identities, which
            `targets` then names as (n,) numbers.

    Raises:
        DataError: Augmentation is asked for volumes, or the sampler does not fit the targets.
    """

    pixels: np.ndarray
    rows: np.ndarray
    targets: Tensor | MaskSubset
    size: int
    augmentation: Augmentation
    seed: int
    part: tuple[int, int] = (0, 1)
    spatial: SpatialTargets = "none"
    sampler: Sampler = "uniform"

    def __post_init__(self) -> None:
        if self.pixels.ndim not in (1, _IMAGE_AXES) and self.augmentation != Augmentation():
            raise DataError(f"augmentation is for images, but arrays have {self.pixels.ndim - 2} spatial axes")
        if self.sampler != "uniform" and not (isinstance(self.targets, Tensor) and self.targets.ndim == 1):
            raise DataError("identity-balanced batches need one identity for each row")

    @property
    def per_epoch(self) -> int:
        """Number of batches in an epoch; a last, smaller batch is left out unless it is the only one."""
        return max(1, len(self.rows) // (self.size * self.part[1]))

    def batch(self, step: int) -> Batch:
        """Returns the batch of a step, counted from 0 over all epochs; always the same for the same seed."""
        epoch, position = divmod(step, self.per_epoch)
        rank, world = self.part
        if self.sampler == "uniform":
            mine = uniform_order(len(self.rows), self.seed, epoch)[rank::world]
            order = mine[position * self.size : (position + 1) * self.size]
        else:
            order = identity_balanced_batch(self._identities, self.size, self.seed, step, self.part)
        chosen = order.numpy()
        generator = torch_generator(self.seed, "augment", step, rank)
        if isinstance(self.targets, MaskSubset) and self.targets.size:
            volumes, masks = self.pixels[self.rows[chosen]], self.targets.arrays(chosen)
            return Batch(*draw_patches(list(volumes), list(masks), self.targets.size, self.augmentation, generator))
        images = torch.from_numpy(np.ascontiguousarray(self.pixels[self.rows[chosen]]))
        flipped = _flipped(len(self.rows), self.seed, epoch)[order] if self.augmentation.hflip else None
        targets = self.targets[order]
        if self.pixels.ndim != _IMAGE_AXES:
            return Batch(images, targets)
        if self.spatial != "none":
            return Batch(*move(self.augmentation, images, targets, self.spatial, generator, flipped))
        return Batch(self.augmentation(images, generator, flipped), targets)

    @cached_property
    def _identities(self) -> list[Tensor]:
        assert isinstance(self.targets, Tensor)
        return rows_by_identity(self.targets)

    def stream(self, start: int, workers: int = 1) -> Generator[Batch]:
        """Yields endless batches from step `start` on, prepared ahead by threads: the same ones for any number of them.

        Args:
            start: Number of the first step.
            workers: Number of threads.
        """
        pool = ThreadPoolExecutor(workers, "opsin-batches", initializer=torch.set_num_threads, initargs=(1,))
        steps = itertools.count(start)
        try:
            ahead = deque(pool.submit(self.batch, next(steps)) for _ in range(AHEAD + workers))
            while True:
                batch = ahead.popleft().result()
                ahead.append(pool.submit(self.batch, next(steps)))
                yield batch
        finally:
            pool.shutdown(cancel_futures=True)


@lru_cache(maxsize=2)
def _flipped(count: int, seed: int, epoch: int) -> Tensor:
    """True for the images to flip in this epoch: each is flipped every other epoch (arXiv:2404.00498)."""
    first = torch.rand(count, generator=torch_generator(seed, "mirror")) < 0.5
    return first ^ bool(epoch % 2)
