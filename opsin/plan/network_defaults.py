"""Which network and which image size to take when nobody says, and why, in one line."""

from dataclasses import dataclass

import torch

SMALL_SIDE = 64
CPU_SIDE, CPU_SIDE_OF_AMOUNTS, GPU_SIDE = 128, 160, 224
SHORT = 300.0
NOMINAL_PACE = 500.0
"""Training images of resnet_small a second on two processors (benchmarks/results)."""
ENOUGH_EPOCHS = 12
"""With fewer, resnet_tiny, which sees each image four times as often, was the better one on validation."""


@dataclass(frozen=True)
class Choice:
    """A zoo network's name, the images' height and width it is trained at, and the reason."""

    name: str
    size: tuple[int, int]
    reason: str


PLACE_SIDES = {"cpu": {"map": 512, "grid": 416}, "other": {"map": 768, "grid": 640}}
"""The longest side where answers are places, by the kind of processor and what the network gives."""
PLACE_NETWORKS = {"map": "unet_small", "grid": "detector_small"}


def choose_network_of_places(height: int, width: int, count: int, device: torch.device, head: str) -> Choice:
    """The default for images of this median size where answers are a "map" or a "grid".

    >>> choose_network_of_places(480, 640, 205, torch.device("cpu"), "grid").size
    (312, 416)
    """
    limit = PLACE_SIDES["cpu" if device.type == "cpu" else "other"][head]
    scale = min(1.0, limit / max(height, width))
    size = (max(32, round(height * scale)), max(32, round(width * scale)))
    few = "few filters where maps are large"
    return Choice(PLACE_NETWORKS[head], size, f"{count:,} images of about {height}x{width}: {few}")


def choose_network(
    height: int, width: int, count: int, device: torch.device, seconds: float | None = None, amounts: bool = False
) -> Choice:
    """The default for images of this median size, so many of them, on this device, in this time (None: not said).

    `amounts` says that targets are numbers, which tend to add up over an image.

    >>> choose_network(32, 32, 50_000, torch.device("cpu"), 3600.0).name
    'resnet_small'
    """
    limit = GPU_SIDE if device.type != "cpu" else CPU_SIDE_OF_AMOUNTS if amounts else CPU_SIDE
    longest = max(height, width)
    scale = min(1.0, limit / longest)
    size = (max(9, round(height * scale)), max(9, round(width * scale)))
    if amounts and device.type == "cpu":
        reason = f"numbers for {count:,} images of about {height}x{width}: few filters, averaged over the image"
        return Choice("resnet_tiny_average", size, reason)
    if longest <= SMALL_SIDE:
        if device.type == "cpu" and (seconds or SHORT) * NOMINAL_PACE / max(1, count) < ENOUGH_EPOCHS:
            reason = f"images of {height}x{width} and little time for {count:,} of them: few filters, seen more often"
            return Choice("resnet_tiny", size, reason)
        return Choice("resnet_small", size, f"images of {height}x{width} are small: few, wide stages learn fastest")
    return Choice("resnet18", size, f"{count:,} images of about {height}x{width}: 18 residual layers suffice")
