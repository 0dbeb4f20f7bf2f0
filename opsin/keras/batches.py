"""Iteration over batches of arrays, or over an iterable that yields batches."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from opsin.core import DataError

from .arrays import Batch, check_batch, class_weights, is_array, split, unpack


class ArrayBatches:
    """Batches of arrays.

    Args:
        arrays: Inputs, targets and sample weights.
        size: Samples per batch.
        shuffle: Shuffle the samples before each epoch.
        steps: Maximum number of batches.
        class_weight: Weight of each class, which replaces the sample weights.
    """

    def __init__(
        self, arrays: Batch, size: int, shuffle: bool = False, steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:  # fmt: skip
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DataError(f"batch_size is {size!r}. Expected an integer of at least 1.")
        self.arrays, self.size, self.shuffle, self.steps = arrays, size, shuffle, steps
        self.class_weight = class_weight

    def split_off(self, share: float, size: int | None, steps: int | None = None) -> "ArrayBatches":
        """Removes the last `share` of the rows and returns them as validation batches, without class weights.

        Args:
            share: Share of the rows, between 0 and 1.
            size: Samples per validation batch. Default: 32.
            steps: Maximum number of validation batches.
        """
        self.arrays, last = split(self.arrays, share)
        return ArrayBatches(last, size or 32, steps=steps)

    def __len__(self) -> int:
        available = -(-len(self.arrays[0]) // self.size)
        return available if self.steps is None else min(self.steps, available)

    def __iter__(self) -> Iterator[Batch]:
        count = len(self.arrays[0])
        order = torch.randperm(count) if self.shuffle else None
        for start in range(0, len(self) * self.size, self.size):
            rows = slice(start, start + self.size) if order is None else order[start : start + self.size]
            x, y, weight = self.arrays
            batch = (x[rows], None if y is None else y[rows], None if weight is None else weight[rows])
            yield _class_weighted(batch, self.class_weight)


class IterableBatches:
    """Batches of a DataLoader, a generator or any other iterable.

    Args:
        source: Yields x, (x, y) or (x, y, sample_weight).
        steps: Batches per epoch; required for an endless source.
        class_weight: Weight of each class, which replaces the sample weights.
    """

    def __init__(
        self, source: Iterable[Any], steps: int | None = None, class_weight: Mapping[int, float] | None = None
    ) -> None:
        self.source, self.steps, self.class_weight = source, steps, class_weight
        self.iterator: Iterator[Any] | None = None

    def length(self) -> int | None:
        """Returns the number of batches per epoch, or None if it is unknown."""
        if self.steps is not None:
            return self.steps
        return len(self.source) if hasattr(self.source, "__len__") else None  # pyright: ignore[reportArgumentType]

    def __iter__(self) -> Iterator[Batch]:
        done = 0
        if self.iterator is None or self.steps is None:
            self.iterator = iter(self.source)
        while self.steps is None or done < self.steps:
            try:
                batch = next(self.iterator)
            except StopIteration:
                if self.steps is None or done or iter(self.source) is self.source:
                    return
                self.iterator = iter(self.source)
                continue
            done += 1
            yield _class_weighted(check_batch(*unpack(batch)), self.class_weight)


Batches = ArrayBatches | IterableBatches


def make_batches(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    size: int | None = None,
    shuffle: bool = False,
    steps: int | None = None,
    class_weight: Mapping[int, float] | None = None,
) -> Batches:
    """Returns the batches of arrays, or of an iterable.

    Args:
        x: Inputs (n, height, width, channels), or an iterable of batches.
        y: Targets, if x is an array.
        sample_weight: Weights (n,), if x is an array.
        size: Samples per batch. Default: 32.
        shuffle: Shuffle arrays before each epoch.
        steps: Batches per epoch.
        class_weight: Weight of each class.

    Raises:
        DataError: The arguments contradict each other, or an array does not fit.
    """
    if class_weight is not None and sample_weight is not None:
        raise DataError(
            "class_weight and sample_weight are both given. Expected one. Fix: multiply them into sample_weight."
        )
    if is_array(x):
        arrays = check_batch(x, y, sample_weight)
        return ArrayBatches(arrays, 32 if size is None else size, shuffle, steps, class_weight)
    if not hasattr(x, "__iter__"):
        raise DataError(
            f"x is a {type(x).__name__}. Expected an array (n, height, width, channels) or an iterable of batches."
        )
    if y is not None or sample_weight is not None:
        raise DataError("x yields batches, but y or sample_weight is given. Expected both inside the batches of x.")
    return IterableBatches(x, steps, class_weight)


def _class_weighted(batch: Batch, weights: Mapping[int, float] | None) -> Batch:
    x, y, _ = batch
    return batch if weights is None or y is None else (x, y, class_weights(y, weights))


def count(batches: Batches) -> int | None:
    """Returns the number of batches per epoch, or None if it is unknown."""
    return len(batches) if isinstance(batches, ArrayBatches) else batches.length()
