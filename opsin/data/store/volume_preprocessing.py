"""Preprocessing of volumes: spacing, intensity window or z-score, and normalization."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import Tensor

from opsin.core import DataError
from opsin.geometry import Placement

from ..samples import Content, Volume
from .channel_statistics import ChannelStatistics, floats


@dataclass(frozen=True)
class VolumePreprocessing:
    """Places a volume in an array and scales its values.

    With a `window` (of CT, in Hounsfield units) arrays are uint8, low is 0 and high 255; without one they are float32,
    each channel of each volume shifted and scaled to mean 0 and deviation 1 (z-score). The surroundings have the
    smallest value of the volume.

    Args:
        size: (depth, height, width, channels) of an array.
        mean: Mean of each channel over the training arrays; of uint8 in units of 255.
        std: Standard deviation of each channel, above 0.
        spacing: Distance between voxels of an array along the three axes, in millimetres. Volumes that have a spacing
            are resampled to it, and cropped in the middle where they are larger. Default: as large as fits.
        window: (low, high) values of the volume. Default: z-score.

    Raises:
        DataError: A size is below 1, a length does not fit, or a number is not finite or out of range.

    Examples:
        >>> array, placement = VolumePreprocessing((2, 4, 4, 1), (0.0,), (1.0,)).fit(Volume(np.zeros((4, 8, 8))))
        >>> array.shape, placement.scales
        ((2, 4, 4, 1), (0.5, 0.5, 0.5))
    """

    kind: ClassVar[str] = "volume"
    in_patches: ClassVar[bool] = False
    size: tuple[int, int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    spacing: tuple[float, float, float] | None = None
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if len(self.size) != 4 or min(self.size) < 1:
            raise DataError(f"cannot prepare volumes as {self.size}. Expected (depth, height, width, channels) from 1.")
        check_scale(self.size[3], self.mean, self.std, self.spacing, self.window)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 with a window, else float32."""
        return np.dtype(np.float32 if self.window is None else np.uint8)

    @property
    def intensity(self) -> None:
        """None: a volume is scaled by its window or z-score."""
        return None

    @property
    def store_key(self) -> str:
        """See `Preprocessing`."""
        return json.dumps([self.kind, self.size, self.spacing, self.window])

    def decode(self, content: Content) -> Volume:
        """Returns a volume; an array (depth, height, width[, channels]) has no spacing.

        Raises:
            DataError: It is no volume, has other channels, or values that are not finite.
        """
        if not isinstance(content, np.ndarray | Volume):
            raise DataError("is an image. Expected a volume (depth, height, width, channels).")
        volume = content if isinstance(content, Volume) else Volume(content)
        if volume.array.shape[3] != self.size[3]:
            raise DataError(f"has {volume.array.shape[3]} channels. Expected {self.size[3]}.")
        if volume.array.dtype.kind == "f" and not np.isfinite(volume.array).all():
            raise DataError("holds values that are not numbers (NaN or infinite). Expected finite values.")
        return volume

    def fit(self, sample: Volume) -> tuple[np.ndarray, Placement]:
        """Resamples and scales a volume.

        Args:
            sample: The volume, as `decode` returns it.

        Returns:
            An array of `size` and `dtype`, and where the volume is in it.
        """
        placement = self.placement(sample)
        values = scaled(sample.array, self.window)
        into, picks = placement.visible
        resampled_values = resampled(values, placement.content_size)[picks]
        out = np.empty(self.size, np.float32)
        out[...] = values.min((0, 1, 2))
        out[into] = resampled_values
        return (out if self.window is None else np.rint(out).astype(np.uint8)), placement

    def fit_into(self, samples: Iterable[tuple[int, Volume]], out: np.ndarray) -> list[int]:
        """See `Preprocessing`."""
        done: list[int] = []
        for row, sample in samples:
            out[row], _ = self.fit(sample)
            done.append(row)
        return done

    def placement(self, content: Content) -> Placement:
        """See `Preprocessing`."""
        volume = self.decode(content)
        return Placement(volume.shape, self.size[:3], volume.spacing, volume.affine, self.spacing)

    def normalize(self, arrays: Tensor) -> Tensor:
        """Returns arrays (n, depth, height, width, channels) as float32 (n, channels, depth, height, width)."""
        unit = 1.0 if self.window is None else 255.0
        mean, std = (torch.tensor(values, device=arrays.device) * unit for values in (self.mean, self.std))
        return arrays.float().sub(mean).div_(std).permute(0, 4, 1, 2, 3)

    def with_scale(self, mean: tuple[float, ...], std: tuple[float, ...]) -> "VolumePreprocessing":
        """See `Preprocessing`."""
        return replace(self, mean=mean, std=std)

    def with_statistics(self, arrays: Iterable[np.ndarray]) -> "VolumePreprocessing":
        """See `Preprocessing`."""
        statistics, unit = ChannelStatistics(), 1.0 if self.window is None else 255.0
        for array in arrays:
            flat = array.reshape(-1, self.size[3]).astype(np.float64) / unit
            statistics.add(flat.mean(0), flat.std(0))
        return self.with_scale(*statistics.mean_and_std(int(np.prod(self.size[:3])), 1 / 255))

    def to_json(self) -> dict[str, Any]:
        """See `Preprocessing`."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "VolumePreprocessing":
        """Reads what `to_json` returned; raises KeyError, TypeError, ValueError or DataError otherwise."""
        size = cast("tuple[int, int, int, int]", tuple(int(side) for side in data["size"]))
        spacing = None if data["spacing"] is None else cast("tuple[float, float, float]", floats(data["spacing"]))
        window = None if data["window"] is None else cast("tuple[float, float]", floats(data["window"]))
        return cls(size, floats(data["mean"]), floats(data["std"]), spacing, window)


def scaled(array: np.ndarray, window: tuple[float, float] | None) -> np.ndarray:
    """Returns values as float32: 0 to 255 within the window, or the z-score of each channel of the volume.

    Args:
        array: (depth, height, width, channels).
        window: (low, high) values, or None.
    """
    values = array.astype(np.float32)
    if window is not None:
        low, high = window
        values.clip(low, high, out=values)
        values -= np.float32(low)
        values *= np.float32(255 / (high - low))
        return values
    for channel in range(array.shape[3]):  # in place and plane by plane: a CT of 400 slices has 100 million voxels
        planes, one = array[..., channel], values[..., channel]
        mean = float(np.mean([plane.mean(dtype=np.float64) for plane in planes]))
        variance = float(np.mean([((plane - mean) ** 2).mean(dtype=np.float64) for plane in planes]))
        one -= np.float32(mean)
        one /= np.float32(variance**0.5 or 1.0)
    return values


def resampled(values: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Resamples a volume linearly, with antialiasing, along each axis.

    Args:
        values: float32 (depth, height, width, channels).
        size: (depth, height, width) to return.
    """
    depth, height, width, channels = values.shape
    if (depth, height, width) == size:
        return values
    planes = torch.from_numpy(np.ascontiguousarray(values)).permute(0, 3, 1, 2)
    planes = torch.nn.functional.interpolate(planes, (size[1], size[2]), mode="bilinear", antialias=True)
    columns = planes.reshape(1, 1, depth, -1)
    stacked = torch.nn.functional.interpolate(columns, (size[0], columns.shape[3]), mode="bilinear", antialias=True)
    return stacked.reshape(size[0], channels, size[1], size[2]).permute(0, 2, 3, 1).numpy()


def check_scale(
    channels: int,
    mean: tuple[float, ...],
    std: tuple[float, ...],
    spacing: tuple[float, ...] | None,
    window: tuple[float, float] | None,
) -> None:
    """Checks the numbers that a preprocessing of volumes scales by.

    Args:
        channels: Number of channels.
        mean: Mean of each channel.
        std: Standard deviation of each channel.
        spacing: Distance of voxels along each axis in millimetres, or None.
        window: Values that become black and white, or None.

    Raises:
        DataError: A length does not fit, or a number is not finite or out of range.
    """
    if not (len(mean) == len(std) == channels and min(std) > 0):
        raise DataError(f"mean {mean} and std {std} do not fit {channels} channels; std is above 0.")
    if spacing is not None and (len(spacing) != 3 or not min(spacing) > 0):
        raise DataError(f"spacing {spacing} is not valid. Expected three distances above 0.")
    if window is not None and not window[0] < window[1]:
        raise DataError(f"window {window} is not valid. Expected low below high.")
    if not np.isfinite([*mean, *std, *(spacing or ()), *(window or ())]).all():
        raise DataError("the preprocessing has numbers that are not finite.")
