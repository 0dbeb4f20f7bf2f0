"""What every place that weights come from has in common."""

from typing import Protocol

from torch import Tensor

from opsin.core import NetworkError, Progress, silent


class WeightsError(NetworkError):
    """Weights cannot be had: a package is missing, there is no network, or a file is not the one that was meant."""


class Weights(Protocol):
    """Weights learned on ImageNet, and the images they expect: `mean` and `std` of values from 0 to 1, by channel."""

    @property
    def origin(self) -> str:
        """Where they come from, in words, for the report."""
        ...

    @property
    def mean(self) -> tuple[float, ...]: ...

    @property
    def std(self) -> tuple[float, ...]: ...

    def read(self, most_bytes: int, progress: Progress = silent) -> dict[str, Tensor]:
        """The tensors by their published names; WeightsError when they cannot be had or take more than `most_bytes`."""
        ...
