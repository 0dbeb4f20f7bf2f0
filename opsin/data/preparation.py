"""How an image becomes what the network takes: its size, its channels, its scale."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from opsin.core import DataError

from .frame import Frame


@dataclass(frozen=True)
class Preparation:
    """The size, channels and normalisation that a model was trained with; stored in its file.

    `mean` and `std` are per channel, of values from 0 to 1. Raises DataError when sizes or lengths make no sense.

    >>> Preparation(2, 4, 1, (0.5,), (0.25,)).fit(np.zeros((8, 8, 3), np.uint8)).shape
    (2, 4, 1)
    """

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or self.channels not in (1, 3):
            raise DataError(f"cannot prepare images as {self.size}; expected height and width from 1, channels 1 or 3")
        if len(self.mean) != self.channels or len(self.std) != self.channels or min(self.std) <= 0:
            raise DataError(f"mean {self.mean} and std {self.std} do not fit {self.channels} channels; std is above 0")

    @property
    def size(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels

    def fit(self, image: np.ndarray) -> np.ndarray:
        """uint8 (H, W, 1 or 3) as uint8 (height, width, channels), its shape kept and the rest filled with its edge."""
        return fit_image(image, self.size)

    def normalize(self, pixels: torch.Tensor) -> torch.Tensor:
        """uint8 (n, height, width, channels) as float32 (n, channels, height, width), `channels_last`, on its device.

        Each channel has about mean 0 and spread 1 over the training images; no value moves in memory.
        """
        mean = torch.tensor(self.mean, device=pixels.device) * 255
        std = torch.tensor(self.std, device=pixels.device) * 255
        return pixels.sub(mean).div_(std).permute(0, 3, 1, 2)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the header of a model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Preparation":
        """Back from `to_json`; DataError when a value is missing or of the wrong kind."""
        try:
            height, width, channels = (int(data[name]) for name in ("height", "width", "channels"))
            mean, std = (tuple(float(value) for value in data[name]) for name in ("mean", "std"))
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"the preparation {dict(data)} cannot be read; expected {list(cls.__annotations__)}"
            ) from error
        return cls(height, width, channels, mean, std)


def fit_image(image: np.ndarray, size: tuple[int, int, int]) -> np.ndarray:
    """`image`, uint8 (H, W, 1 or 3), as uint8 of exactly `size` (height, width, channels).

    Resized with antialiasing (Pillow's bicubic) until it just fits, centred, and what is left over filled with the
    median colour of its border, so that the filling hides no edge and shows none. Grey is repeated, colour is
    weighed to grey as in ITU-R 601.
    """
    height, width, channels = size
    image = _with_channels(image, channels)
    if image.shape == size:
        return np.ascontiguousarray(image)
    frame = Frame((image.shape[0], image.shape[1]), (height, width))
    inner = _resized(image, *frame.inner)
    if inner.shape == size:
        return inner
    top, left = frame.corner
    out = np.empty(size, np.uint8)
    out[:] = _border_colour(inner)
    out[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return out


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3) or 0 in image.shape:
        raise DataError(f"an image is {image.dtype} of shape {image.shape}; expected uint8 (height, width, 1 or 3)")
    if image.shape[2] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=2)
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).convert("L"))[:, :, None]


def _resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    if image.shape[:2] == (height, width):
        return image
    picture = Image.fromarray(np.ascontiguousarray(image[:, :, 0] if image.shape[2] == 1 else image))
    resized = np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))
    return resized.reshape(height, width, image.shape[2])


def _border_colour(image: np.ndarray) -> np.ndarray:
    channels = image.shape[2]
    sides = (image[0], image[-1], image[:, 0], image[:, -1])
    return np.median(np.concatenate([side.reshape(-1, channels) for side in sides]), axis=0).astype(np.uint8)
