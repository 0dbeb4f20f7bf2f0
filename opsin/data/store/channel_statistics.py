"""Mean and standard deviation of the channels of many arrays, from those of each."""

from collections.abc import Iterable

import numpy as np


def floats(values: Iterable[float]) -> tuple[float, ...]:
    """Returns numbers of a file as floats; raises TypeError or ValueError where one is none."""
    return tuple(float(value) for value in values)


class ChannelStatistics:
    """Collects the mean and deviation of each array, and joins them."""

    def __init__(self) -> None:
        self._means: list[np.ndarray] = []
        self._stds: list[np.ndarray] = []

    def add(self, mean: np.ndarray, std: np.ndarray) -> None:
        """Adds one array: mean and population standard deviation (channels,)."""
        self._means.append(mean)
        self._stds.append(std)

    def mean_and_std(self, size: int, least: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Returns the mean and sample standard deviation of each channel over all arrays.

        Args:
            size: Number of values of a channel in each array.
            least: Least standard deviation to return.
        """
        means, stds = np.array(self._means), np.array(self._stds)
        mean, square, total = means.mean(0), (means**2 + stds**2).mean(0), len(means) * size
        variance = np.maximum(0, square - mean**2) * total / max(1, total - 1)
        return tuple(mean.tolist()), tuple(np.sqrt(variance).clip(least).tolist())
