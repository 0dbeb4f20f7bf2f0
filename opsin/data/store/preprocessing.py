"""How an image becomes what the network takes: its size, its channels, its scale."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from PIL import Image

from opsin.core import DataError
from opsin.geometry import Placement

from ..intensity import Intensity

_WAITING_BYTES = 4 * 2**20


@dataclass(frozen=True)
class ImagePreprocessing:
    """The size, channels and normalisation that a model was trained with; stored in its file.

    `mean` and `std` are per channel, of values from 0 to 1; `intensity` is the scale of images of more than 8 bits,
    None when the training images have none. Raises DataError when sizes or lengths make no sense.

    Examples:
        >>> ImagePreprocessing(2, 4, 1, (0.5,), (0.25,)).fit(np.zeros((8, 8, 3), np.uint8)).shape
        (2, 4, 1)
    """

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    intensity: Intensity | None = None

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
        return letterbox(image, self.size)

    def normalize(self, pixels: torch.Tensor) -> torch.Tensor:
        """uint8 (n, height, width, channels) as float32 (n, channels, height, width), `channels_last`, on its device.

        Each channel has about mean 0 and spread 1 over the training images; no value moves in memory.
        """
        width, device = pixels.shape[2], pixels.device
        rows = pixels.flatten(2).sub(_row(self.mean, width, device)).div_(_row(self.std, width, device))
        return rows.view(pixels.shape).permute(0, 3, 1, 2)

    def to_json(self) -> dict[str, Any]:
        """Plain values for the header of a model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ImagePreprocessing":
        """Back from `to_json`; DataError when a value is missing or of the wrong kind."""
        try:
            height, width, channels = (int(data[name]) for name in ("height", "width", "channels"))
            mean, std = (tuple(float(value) for value in data[name]) for name in ("mean", "std"))
            intensity = None if data["intensity"] is None else Intensity.from_json(data["intensity"])
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"the preprocessing {dict(data)} cannot be read; expected {list(cls.__annotations__)}"
            ) from error
        return cls(height, width, channels, mean, std, intensity)


@lru_cache(maxsize=64)
def _row(values: tuple[float, ...], width: int, device: torch.device) -> torch.Tensor:
    """The channels' values for a row of pixels, times 255: three alone are too few for a processor's vectors."""
    return (torch.tensor(values, device=device) * 255).repeat(width)


def letterbox(image: np.ndarray, size: tuple[int, int, int]) -> np.ndarray:
    """`image`, uint8 (H, W, 1 or 3), as uint8 of exactly `size` (height, width, channels).

    Resized with antialiasing (bicubic) until it just fits, centred, and what is left over filled with the
    median colour of its border, so that the filling hides no edge and shows none. Grey is repeated, colour is
    weighed to grey as in ITU-R 601.
    """
    if image.shape == size and image.dtype == np.uint8:
        return image
    return letterbox_images([image], size)[0]


def letterbox_images(images: Sequence[np.ndarray], size: tuple[int, int, int]) -> np.ndarray:
    """Each image as `fit_image` has it, uint8 (n, height, width, channels); those of one shape in one go."""
    out = np.empty((len(images), *size), np.uint8)
    alike: dict[tuple[int, ...], list[int]] = {}
    ready = [_with_channels(image, size[2]) for image in images]
    for row, image in enumerate(ready):
        alike.setdefault(image.shape, []).append(row)
    for (height, width, _), rows in alike.items():
        frame = Placement((height, width), size[:2])
        inner = _resized([ready[row] for row in rows], *frame.content_size)
        (top, left), (high, wide) = frame.offset, frame.content_size
        if (high, wide) != size[:2]:
            out[rows] = np.stack([_border_colour(one) for one in inner])[:, None, None]
        out[rows, top : top + high, left : left + wide] = inner
    return out


def letterbox_into(images: Iterable[tuple[int, np.ndarray]], out: np.ndarray) -> list[int]:
    """Images by row, each as `fit_image` has it, in those rows of `out`; says which.

    Several are fitted in one go, which is sooner for small ones; no more wait for it than a few megabytes.
    """
    waiting: dict[int, np.ndarray] = {}
    done: list[int] = []

    def fit_waiting() -> None:
        if waiting:
            out[list(waiting)] = letterbox_images(list(waiting.values()), (out.shape[1], out.shape[2], out.shape[3]))
            done.extend(waiting)
            waiting.clear()

    for row, image in images:
        waiting[row] = image
        if sum(one.nbytes for one in waiting.values()) > _WAITING_BYTES:
            fit_waiting()
    fit_waiting()
    return done


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3) or 0 in image.shape:
        raise DataError(f"an image is {image.dtype} of shape {image.shape}; expected uint8 (height, width, 1 or 3)")
    if image.shape[2] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=2)
    return np.asarray(Image.fromarray(np.ascontiguousarray(image)).convert("L"))[:, :, None]


def _resized(images: list[np.ndarray], height: int, width: int) -> np.ndarray:
    """Images of one shape at another, by PyTorch: within a level of Pillow, and many at once."""
    stacked = np.stack(images)
    if stacked.shape[1:3] == (height, width):
        return stacked
    pixels = torch.from_numpy(stacked).permute(0, 3, 1, 2)
    resized = torch.nn.functional.interpolate(pixels, (height, width), mode="bicubic", antialias=True)
    return resized.permute(0, 2, 3, 1).numpy()


def _border_colour(image: np.ndarray) -> np.ndarray:
    channels = image.shape[2]
    sides = (image[0], image[-1], image[:, 0], image[:, -1])
    return np.median(np.concatenate([side.reshape(-1, channels) for side in sides]), axis=0).astype(np.uint8)
