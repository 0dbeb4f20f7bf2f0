"""Batches for training, gathered and augmented by one thread while the network works on the batch before."""

import queue
import threading
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from opsin.core import torch_generator
from opsin.core.output import SpatialTargets

from .augmentation import Augmentation
from .joint import move


@dataclass(frozen=True)
class Batch:
    """Images as uint8 (n, height, width, channels) and what the task's loss takes."""

    images: Tensor
    targets: Tensor


@dataclass(frozen=True, eq=False)
class MaskSubset:
    """Some rows of a store of masks, read only when they are asked for."""

    masks: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    def __getitem__(self, order: Tensor) -> Tensor:
        """The masks at these places among the rows, (n, height, width)."""
        return torch.from_numpy(np.ascontiguousarray(self.masks[self.rows[order.numpy()]]))


@dataclass(frozen=True)
class Batches:
    """The training rows in a new order every epoch, drawn from the seed alone, so any step can be drawn again.

    `pixels` is the store's array, `rows` the positions in it to train on, `targets` one encoded target a position in
    `rows`, of which `spatial` ones move with their images. With several processes each takes every `world`-th row,
    starting at `rank`.
    """

    pixels: np.ndarray
    rows: np.ndarray
    targets: Tensor | MaskSubset
    size: int
    augmentation: Augmentation
    seed: int
    part: tuple[int, int] = (0, 1)
    spatial: SpatialTargets = "none"

    @property
    def per_epoch(self) -> int:
        """Batches in one epoch; a last, smaller batch is left out unless it is the only one."""
        return max(1, len(self.rows) // (self.size * self.part[1]))

    def batch(self, step: int) -> Batch:
        """The batch of a step, counted from 0 over all epochs; always the same for the same seed."""
        epoch, position = divmod(step, self.per_epoch)
        rank, world = self.part
        order = _order(len(self.rows), self.seed, epoch)[rank::world][position * self.size : (position + 1) * self.size]
        chosen = order.numpy()
        generator = torch_generator(self.seed, "augment", step, rank)
        images = torch.from_numpy(np.ascontiguousarray(self.pixels[self.rows[chosen]]))
        mirrored = _mirrored(len(self.rows), self.seed, epoch)[order] if self.augmentation.hflip else None
        targets = self.targets[order]
        if self.spatial != "none":
            return Batch(*move(self.augmentation, images, targets, self.spatial, generator, mirrored))
        return Batch(self.augmentation(images, generator, mirrored), targets)

    def stream(self, start: int) -> Generator[Batch]:
        """Endless batches from step `start` on, two of them ready ahead."""
        ready: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=2)
        stopped = threading.Event()

        def put(item: Batch | BaseException) -> None:
            while not stopped.is_set():
                try:
                    return ready.put(item, timeout=0.1)
                except queue.Full:
                    continue

        def gather() -> None:
            torch.set_num_threads(1)  # of this thread alone: the others are for the network
            step = start
            try:
                while not stopped.is_set():
                    put(self.batch(step))
                    step += 1
            except BaseException as error:
                put(error)

        thread = threading.Thread(target=gather, name="opsin-batches", daemon=True)
        thread.start()
        try:
            while True:
                item = ready.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            stopped.set()
            with suppress(queue.Empty):
                ready.get_nowait()  # room for what the thread would put, so that it need not wait to see the end
            thread.join()


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> Tensor:
    """The order of an epoch; kept, for drawing a million numbers takes as long as a step."""
    return torch.randperm(count, generator=torch_generator(seed, "order", epoch))


@lru_cache(maxsize=2)
def _mirrored(count: int, seed: int, epoch: int) -> Tensor:
    """Each image is mirrored every other epoch: both sides are seen equally often (arXiv:2404.00498)."""
    first = torch.rand(count, generator=torch_generator(seed, "mirror")) < 0.5
    return first ^ bool(epoch % 2)
