"""Batches of arrays, or of whatever gives batches itself."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch

from opsin.core import DataError

from .arrays import Given, check_given, class_weights, is_array, split, unpack


class ArrayBatches:
    """Arrays in batches, in a new order every epoch when `shuffle` says so."""

    def __init__(
        self, given: Given, size: int, shuffle: bool = False, steps: int | None = None,
        class_weight: Mapping[int, float] | None = None,
    ) -> None:  # fmt: skip
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DataError(f"batch_size is {size!r}; expected a whole number of at least 1")
        self.given, self.size, self.shuffle, self.steps = given, size, shuffle, steps
        self.class_weight = class_weight

    def hold_out(self, share: float, size: int | None, steps: int | None = None) -> "ArrayBatches":
        """Takes the last `share` of the rows out, for validation: in order, and weighted by sample_weight alone."""
        self.given, last = split(self.given, share)
        return ArrayBatches(last, size or 32, steps=steps)

    def __len__(self) -> int:
        there = -(-len(self.given[0]) // self.size)
        return there if self.steps is None else min(self.steps, there)

    def __iter__(self) -> Iterator[Given]:
        count = len(self.given[0])
        order = torch.randperm(count) if self.shuffle else None
        for start in range(0, len(self) * self.size, self.size):
            rows = slice(start, start + self.size) if order is None else order[start : start + self.size]
            x, y, weight = self.given
            batch = (x[rows], None if y is None else y[rows], None if weight is None else weight[rows])
            yield _class_weighted(batch, self.class_weight)


class IterableBatches:
    """Batches of a DataLoader, a generator or any iterable of (x, y); an endless one needs `steps`."""

    def __init__(
        self, source: Iterable[Any], steps: int | None = None, class_weight: Mapping[int, float] | None = None
    ) -> None:
        self.source, self.steps, self.class_weight = source, steps, class_weight
        self.running: Iterator[Any] | None = None

    def length(self) -> int | None:
        """How many batches an epoch has, None when it must be seen."""
        if self.steps is not None:
            return self.steps
        return len(self.source) if hasattr(self.source, "__len__") else None  # pyright: ignore[reportArgumentType]

    def __iter__(self) -> Iterator[Given]:
        done = 0
        if self.running is None or self.steps is None:
            self.running = iter(self.source)
        while self.steps is None or done < self.steps:
            try:
                batch = next(self.running)
            except StopIteration:
                if self.steps is None or done or iter(self.source) is self.source:
                    return
                self.running = iter(self.source)
                continue
            done += 1
            yield _class_weighted(check_given(*unpack(batch)), self.class_weight)


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
    """Batches of arrays x, y and weights, or of an iterable x that gives them."""
    if class_weight is not None and sample_weight is not None:
        raise DataError("both class_weight and sample_weight are given; expected one: multiply them into sample_weight")
    if is_array(x):
        given = check_given(x, y, sample_weight)
        return ArrayBatches(given, 32 if size is None else size, shuffle, steps, class_weight)
    if not hasattr(x, "__iter__"):
        raise DataError(
            f"x is {type(x).__name__}; expected an array (n, height, width, channels) or an iterable of batches"
        )
    if y is not None or sample_weight is not None:
        raise DataError("x gives batches itself, and y or sample_weight are given too; expected them in its batches")
    return IterableBatches(x, steps, class_weight)


def _class_weighted(batch: Given, weights: Mapping[int, float] | None) -> Given:
    x, y, _ = batch
    return batch if weights is None or y is None else (x, y, class_weights(y, weights))


def count(batches: Batches) -> int | None:
    """How many batches an epoch has, None when unknown."""
    return len(batches) if isinstance(batches, ArrayBatches) else batches.length()
