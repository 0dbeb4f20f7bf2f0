"""A toy task in one file: classes of volumes, with a network of three axes."""

from typing import Any

import numpy as np

from opsin.core import OutputSpec
from opsin.data import Augmentation
from opsin.tasks import Classify, NetworkChoice


class ToyVolumes(Classify):
    """Classification of volumes (depth, height, width, channels)."""

    name = "toy-volumes"
    output = OutputSpec("vector", ranks=(3,))

    def default_network(self, images: Any, count: int, device: str, seconds: float | None) -> NetworkChoice:
        return NetworkChoice("resnet_tiny", images.volumes.size, "a toy")

    def default_augmentation(self, side: int, *, hflip: bool, rotate90: bool, long: bool) -> Augmentation:
        return Augmentation()

    def default_tta(self, hflip: bool, side: int) -> str:
        return "none"

    def class_weights(self, train_targets: np.ndarray) -> tuple[float, ...]:
        return (1.0,) * self.units
