"""Protocol of the sources of pretrained weights."""

from typing import Protocol

from torch import Tensor

from opsin.core import NetworkError, Progress, silent


class WeightsError(NetworkError):
    """Pretrained weights are not available: no package, no network, or a file that does not fit."""


class Weights(Protocol):
    """Weights pretrained on ImageNet, with the mean and std that they expect of images."""

    @property
    def origin(self) -> str:
        """Returns the source and the licence as text, for the report."""
        ...

    @property
    def mean(self) -> tuple[float, ...]:
        """Returns the mean a channel, of values from 0 to 1."""
        ...

    @property
    def std(self) -> tuple[float, ...]:
        """Returns the standard deviation a channel, of values from 0 to 1."""
        ...

    def read(self, max_bytes: int, progress: Progress = silent) -> dict[str, Tensor]:
        """Returns the tensors by their published names.

        Args:
            max_bytes: Largest size of the file.
            progress: Called during a download.

        Raises:
            WeightsError: The tensors are not available, or the file is larger.
        """
        ...
