"""Which network and which image size to take when nobody says, and why, in one line."""

from dataclasses import dataclass

import torch

SMALL_SIDE = 64
CPU_SIDE, GPU_SIDE = 128, 224


@dataclass(frozen=True)
class Choice:
    """A zoo network's name, the images' height and width it is trained at, and the reason."""

    name: str
    size: tuple[int, int]
    reason: str


def choose_network(height: int, width: int, count: int, device: torch.device) -> Choice:
    """The default for images of this median size, so many of them, on this device.

    >>> choose_network(32, 32, 50_000, torch.device("cpu")).name
    'resnet_small'
    """
    limit = CPU_SIDE if device.type == "cpu" else GPU_SIDE
    longest = max(height, width)
    scale = min(1.0, limit / longest)
    size = (max(9, round(height * scale)), max(9, round(width * scale)))
    if longest <= SMALL_SIDE:
        return Choice("resnet_small", size, f"images of {height}x{width} are small: few, wide stages learn fastest")
    shrunk = f", trained at {size[0]}x{size[1]} to suit {device.type}" if scale < 1 else ""
    return Choice("resnet18", size, f"{count:,} images of about {height}x{width}{shrunk}: 18 residual layers suffice")
