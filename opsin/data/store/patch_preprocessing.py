"""Preprocessing of volumes from which the network takes patches: spacing, orientation, window or z-score."""

import json
import math
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
from .volume_preprocessing import check_scale, resampled, scaled

MAX_VOXELS = 2**30
"""Limit of the voxels of a resampled volume."""


@dataclass(frozen=True)
class PatchPreprocessing:
    """Turns a volume to canonical axes, resamples it to a spacing and scales its values; it keeps its whole extent.

    With a `window` (of CT, in Hounsfield units) arrays are uint8, low is 0 and high 255; without one they are float16,
    each channel of each volume shifted and scaled to mean 0 and deviation 1 (z-score). Axes of an array point to
    superior, anterior and right.

    Args:
        size: (depth, height, width, channels) of a patch, the network's input.
        mean: Mean of each channel over the training arrays; of uint8 in units of 255.
        std: Standard deviation of each channel, above 0.
        spacing: Distance between voxels of an array along the three axes, in millimetres. None: that of the volumes.
        window: (low, high) values of the volume. Default: z-score.

    Raises:
        DataError: A size is below 1, a length does not fit, or a number is not finite or out of range.

    Examples:
        >>> volume = Volume(np.zeros((4, 8, 8)), (2.0, 1.0, 1.0))
        >>> array, _ = PatchPreprocessing((8, 8, 8, 1), (0.0,), (1.0,), (1.0, 1.0, 1.0)).fit(volume)
        >>> array.shape
        (8, 8, 8, 1)
    """

    kind: ClassVar[str] = "patches"
    in_patches: ClassVar[bool] = True
    size: tuple[int, int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    spacing: tuple[float, float, float] | None = None
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if len(self.size) != 4 or min(self.size) < 1:
            raise DataError(f"cannot cut patches of {self.size}. Expected (depth, height, width, channels) from 1.")
        check_scale(self.size[3], self.mean, self.std, self.spacing, self.window)

    @property
    def dtype(self) -> np.dtype[Any]:
        """uint8 with a window, else float16."""
        return np.dtype(np.float16 if self.window is None else np.uint8)

    @property
    def intensity(self) -> None:
        """None: a volume is scaled by its window or z-score."""
        return None

    @property
    def store_key(self) -> str:
        """See `Preprocessing`; patches of any size are cut from the same arrays."""
        return json.dumps([self.kind, self.size[3], self.spacing, self.window])

    def decode(self, content: Content) -> Volume:
        """Returns a volume with canonical axes.

        Raises:
            DataError: It is no volume, has other channels or no spacing, or values that are not finite.
        """
        if not isinstance(content, np.ndarray | Volume):
            raise DataError("is an image. Expected a volume with its spacing, such as a NIfTI file.")
        volume = content if isinstance(content, Volume) else Volume(content)
        if volume.array.shape[3] != self.size[3]:
            raise DataError(f"has {volume.array.shape[3]} channels. Expected {self.size[3]}.")
        if volume.array.dtype.kind == "f" and not np.isfinite(volume.array).all():
            raise DataError("holds values that are not numbers (NaN or infinite). Expected finite values.")
        if self.spacing is not None and volume.spacing is None:
            raise DataError("has no spacing. Expected the distances between voxels, in millimetres.")
        volume = volume.canonical()
        if math.prod(self.placement_of(volume).size) > MAX_VOXELS:
            raise DataError(
                f"has {volume.shape} voxels of {volume.spacing} mm. Expected at most {MAX_VOXELS:,} voxels."
            )
        return volume

    def fit(self, sample: Volume) -> tuple[np.ndarray, Placement]:
        """Resamples and scales a volume.

        Args:
            sample: The volume, as `decode` returns it.

        Returns:
            An array (depth, height, width, channels) of `dtype`, and where the volume is in it.
        """
        placement = self.placement_of(sample)
        values = resampled(scaled(sample.array, self.window), placement.size)
        if self.window is not None:
            np.rint(values, out=values)
        return values.astype(self.dtype), placement

    def fit_into(self, samples: Iterable[tuple[int, Volume]], out: np.ndarray) -> list[int]:
        """See `Preprocessing`; `out` is an array of arrays."""
        done: list[int] = []
        for row, sample in samples:
            out[row], _ = self.fit(sample)
            done.append(row)
        return done

    def placement(self, content: Content) -> Placement:
        """See `Preprocessing`; along canonical axes."""
        return self.placement_of(self.decode(content))

    def placement_of(self, volume: Volume) -> Placement:
        """Returns where a volume with canonical axes is in its array: it fills it."""
        size = volume.shape
        if self.spacing is not None and volume.spacing is not None:
            size = Placement(volume.shape, volume.shape, volume.spacing, None, self.spacing).content_size
        return Placement(volume.shape, size, None, volume.affine) if size == volume.shape else _filled(volume, size)

    def normalize(self, arrays: Tensor) -> Tensor:
        """Returns arrays (n, depth, height, width, channels) as float32 (n, channels, depth, height, width)."""
        unit = 1.0 if self.window is None else 255.0
        mean, std = (torch.tensor(values, device=arrays.device) * unit for values in (self.mean, self.std))
        return arrays.float().sub(mean).div_(std).permute(0, 4, 1, 2, 3)

    def with_scale(self, mean: tuple[float, ...], std: tuple[float, ...]) -> "PatchPreprocessing":
        """See `Preprocessing`."""
        return replace(self, mean=mean, std=std)

    def with_statistics(self, arrays: Iterable[np.ndarray]) -> "PatchPreprocessing":
        """See `Preprocessing`."""
        statistics, unit = ChannelStatistics(), 1.0 if self.window is None else 255.0
        for array in arrays:
            flat = array.reshape(-1, self.size[3]).astype(np.float32) / unit
            statistics.add(flat.mean(0, dtype=np.float64), flat.std(0, dtype=np.float64))
        return self.with_scale(*statistics.mean_and_std(int(np.prod(self.size[:3])), 1 / 255))

    def to_json(self) -> dict[str, Any]:
        """See `Preprocessing`."""
        return {"kind": self.kind, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "PatchPreprocessing":
        """Reads what `to_json` returned; raises KeyError, TypeError, ValueError or DataError otherwise."""
        size = cast("tuple[int, int, int, int]", tuple(int(side) for side in data["size"]))
        spacing = None if data["spacing"] is None else cast("tuple[float, float, float]", floats(data["spacing"]))
        window = None if data["window"] is None else cast("tuple[float, float]", floats(data["window"]))
        return cls(size, floats(data["mean"]), floats(data["std"]), spacing, window)


def _filled(volume: Volume, size: tuple[int, ...]) -> Placement:
    """Returns the placement of a volume that fills an array of `size` exactly."""
    spacing = tuple(1.0 for _ in size)
    scale = tuple(length / side for length, side in zip(volume.shape, size, strict=True))
    return Placement(volume.shape, size, spacing, volume.affine, scale)
