"""Preprocessing of images: letterbox to one size, intensity scale and normalization."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image

from opsin.core import DataError
from opsin.geometry import Placement

from ..decode import as_pixels, decode, shape_of
from ..intensity import Intensity
from ..samples import Content, image_of
from .channel_statistics import ChannelStatistics, floats

_WAITING_BYTES = 4 * 2**20


@dataclass(frozen=True)
class ImagePreprocessing:
    """Letterboxes images of 8 bits, and normalizes them.

    Args:
        height: Height of an array in pixels.
        width: Width of an array in pixels.
        channels: 1 (grey) or 3 (RGB).
        mean: Mean of each channel over the training images, in units of 255.
        std: Standard deviation of each channel, in units of 255, above 0.
        intensity: Scale of images of more than 8 bits; None where the training images have none.

    Raises:
        DataError: A size is below 1, or a length does not fit.

    Examples:
        >>> array, placement = ImagePreprocessing(2, 4, 1, (0.5,), (0.25,)).fit(np.zeros((8, 8, 3), np.uint8))
        >>> array.shape, placement.offset
        ((2, 4, 1), (0, 1))
    """

    kind: ClassVar[str] = "image"
    in_patches: ClassVar[bool] = False
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

    @classmethod
    def of_size(cls, size: Sequence[int], intensity: Intensity | None = None) -> "ImagePreprocessing":
        """Returns the preprocessing for arrays of (height, width, channels) before their statistics are known."""
        height, width, channels = size
        return cls(height, width, channels, (0.0,) * channels, (1.0,) * channels, intensity)

    @property
    def size(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8."""
        return np.dtype(np.uint8)

    @property
    def store_key(self) -> str:
        """See `Preprocessing`."""
        return json.dumps([self.kind, self.size, None if self.intensity is None else self.intensity.to_json()])

    def decode(self, content: Content) -> np.ndarray:
        """Returns uint8 pixels (height, width, 1 or 3), perhaps of a smaller JPEG, but not smaller than `size`.

        Raises:
            DataError: The content is no image or cannot be read.
        """
        image = image_of(content)
        if isinstance(image, bytes):
            return decode(image, at_least=self.size[:2], intensity=self.intensity)
        return as_pixels(image, self.intensity)

    def fit(self, sample: np.ndarray) -> tuple[np.ndarray, Placement]:
        """Letterboxes an image.

        Args:
            sample: uint8 (height, width, 1 or 3), of any height and width.

        Returns:
            uint8 of `size`, and where the image is in it.
        """
        return letterbox(sample, self.size), Placement((sample.shape[0], sample.shape[1]), self.size[:2])

    def fit_into(self, samples: Iterable[tuple[int, np.ndarray]], out: np.ndarray) -> list[int]:
        """See `Preprocessing`."""
        return letterbox_into(samples, out)

    def placement(self, content: Content) -> Placement:
        """See `Preprocessing`."""
        return Placement(shape_of(image_of(content)), self.size[:2])

    def normalize(self, arrays: torch.Tensor) -> torch.Tensor:
        """uint8 (n, height, width, channels) as float32 (n, channels, height, width), `channels_last`, on its device.

        Each channel has about mean 0 and deviation 1 over the training images; no value moves in memory.
        """
        width, device = arrays.shape[2], arrays.device
        rows = arrays.flatten(2).sub(_row(self.mean, width, device)).div_(_row(self.std, width, device))
        return rows.view(arrays.shape).permute(0, 3, 1, 2)

    def with_scale(self, mean: tuple[float, ...], std: tuple[float, ...]) -> "ImagePreprocessing":
        """See `Preprocessing`."""
        return replace(self, mean=mean, std=std)

    def with_statistics(self, arrays: Iterable[np.ndarray]) -> "ImagePreprocessing":
        """See `Preprocessing`."""
        return self.with_scale(*image_scale(arrays, self.height * self.width))

    def to_json(self) -> dict[str, Any]:
        """See `Preprocessing`."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ImagePreprocessing":
        """Reads what `to_json` returned; raises KeyError, TypeError, ValueError or DataError otherwise."""
        height, width, channels = (int(data[name]) for name in ("height", "width", "channels"))
        intensity = None if data["intensity"] is None else Intensity.from_json(data["intensity"])
        return cls(height, width, channels, floats(data["mean"]), floats(data["std"]), intensity)


def image_scale(arrays: Iterable[np.ndarray], size: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Returns the mean and standard deviation of each channel of uint8 images of `size` pixels, in units of 255."""
    import cv2

    statistics = ChannelStatistics()
    for array in arrays:
        mean, std = cv2.meanStdDev(array)
        statistics.add(np.asarray(mean)[:, 0] / 255, np.asarray(std)[:, 0] / 255)
    return statistics.mean_and_std(size, 1 / 255)


@lru_cache(maxsize=64)
def _row(values: tuple[float, ...], width: int, device: torch.device) -> torch.Tensor:
    """Values of the channels for a row of pixels, times 255: three alone are too few for vector instructions."""
    return (torch.tensor(values, device=device) * 255).repeat(width)


def letterbox(image: np.ndarray, size: tuple[int, int, int]) -> np.ndarray:
    """Resizes an image to fit (bicubic, with antialiasing), centres it, and fills the rest with its border's median.

    Args:
        image: uint8 (height, width, 1 or 3). Grey is repeated for 3 channels, colour weighed to grey as in ITU-R 601.
        size: (height, width, channels) of the result.

    Returns:
        uint8 of `size`.
    """
    if image.shape == size and image.dtype == np.uint8:
        return image
    return letterbox_images([image], size)[0]


def letterbox_images(images: Sequence[np.ndarray], size: tuple[int, int, int]) -> np.ndarray:
    """Letterboxes images to uint8 (n, height, width, channels); those of one shape are resized together."""
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
    """Writes letterboxed images to their rows of an array; small ones are resized together, which is faster.

    Args:
        images: Pairs of row and image, read one by one; at most a few megabytes wait.
        out: uint8 (n, height, width, channels).

    Returns:
        The rows that were written.
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
    """Resizes images of one shape by PyTorch: within one grey level of Pillow, and many at once."""
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
