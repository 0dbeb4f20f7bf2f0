"""Choices for volumes before the first step: spacing, intensity window and patches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from opsin.core import DataError
from opsin.data import ImageStatistics, PatchPreprocessing, Table, Volume

_INSPECTED, _VALUES = 40, 100_000
CT_AIR = -500.0
"""Volumes whose smallest values are below this are taken as CT in Hounsfield units."""
PERCENTILES = (0.5, 99.5)
"""Percentiles of the foreground that become the window of CT (Isensee et al. 2021)."""
_MULTIPLE = 8


@dataclass(frozen=True)
class VolumeOptions:
    """Options for volumes from the user; None leaves the choice to the data.

    Args:
        spacing: Distance between voxels that volumes are resampled to, along depth, height and width (to superior,
            anterior and right), in millimetres. Default: the median of the data.
        window: (low, high) values that become black and white. Default: from the foreground of CT; z-score for others.

    Raises:
        DataError: A number is not valid.
    """

    spacing: tuple[float, float, float] | None = None
    window: tuple[float, float] | None = None

    @classmethod
    def of(cls, spacing: Sequence[float] | None, window: Sequence[float] | None) -> "VolumeOptions":
        """Returns the options from lists of numbers, as a file holds them; raises DataError for other lengths."""
        if (spacing is not None and len(spacing) != 3) or (window is not None and len(window) != 2):
            raise DataError(f"spacing {spacing} or window {window} is not valid. Expected 3 and 2 numbers.")
        return cls(
            None if spacing is None else (spacing[0], spacing[1], spacing[2]),
            None if window is None else (window[0], window[1]),
        )

    def __post_init__(self) -> None:
        if self.spacing is not None and not all(0.01 <= one <= 100 for one in self.spacing):
            raise DataError(f"spacing {self.spacing} is not valid. Expected three distances from 0.01 to 100 mm.")
        if self.window is not None and not self.window[0] < self.window[1]:
            raise DataError(f"window {self.window} is not valid. Expected low below high, such as -160,240.")


def at_spacing(images: ImageStatistics, options: VolumeOptions) -> ImageStatistics:
    """Returns the statistics of the volumes after resampling."""
    volumes = images.volumes
    if volumes is None or options.spacing is None:
        return images
    if volumes.spacing is None:
        raise DataError("volumes have no spacing, and cannot be resampled. Fix: leave --spacing out.")
    ratios = np.array(volumes.spacing) / options.spacing
    depth, height, width = (max(1, round(side * ratio)) for side, ratio in zip(volumes.size, ratios, strict=True))
    return replace(images, volumes=replace(volumes, size=(depth, height, width), spacing=options.spacing))


def choose_patches(
    table: Table, images: ImageStatistics, patch: tuple[int, ...], longest: int | None, options: VolumeOptions
) -> tuple[PatchPreprocessing, str]:
    """Returns the preprocessing of volumes that are trained on in patches, and a note on it.

    Args:
        table: The volumes with their masks.
        images: Statistics of the volumes at the spacing of the training.
        patch: Suggested (depth, height, width) of a patch.
        longest: Longest side of a patch from the user, rounded up to a multiple of 8; None for the suggestion.
        options: Options from the user.
    """
    volumes = images.volumes
    assert volumes is not None
    sides = list(patch)
    if longest is not None:
        sides = [_MULTIPLE * -(-min(longest, side) // _MULTIPLE) for side in volumes.size]
    window, why = options.window, "requested"
    if window is None:
        window, why = _ct_window(table, volumes.channels)
    size = (sides[0], sides[1], sides[2], volumes.channels)
    zeros, ones = (0.0,) * volumes.channels, (1.0,) * volumes.channels
    grid = (
        "voxels as they are" if volumes.spacing is None else f"{'x'.join(f'{one:.3g}' for one in volumes.spacing)} mm"
    )
    values = "z-score of each volume" if window is None else f"window {window[0]:g} to {window[1]:g} ({why})"
    return PatchPreprocessing(size, zeros, ones, volumes.spacing, window), f"volumes at {grid}, {values}"


def _ct_window(table: Table, channels: int) -> tuple[tuple[float, float] | None, str]:
    """Returns the window of CT volumes from the values of their foreground; None for other volumes."""
    if channels != 1:
        return None, ""
    train = table.rows.filter(~table.rows["split"].is_in(["valid", "test"]).fill_null(False))["id"].to_list()
    chosen = [train[row] for row in np.unique(np.linspace(0, len(train) - 1, _INSPECTED).astype(int))]
    lows, values = list[float](), list[np.ndarray]()
    for volume, mask in _pairs(table, chosen):
        lows.append(float(volume.array.min()))
        inside = volume.array[..., 0][mask > 0]
        values.append(inside[:: max(1, len(inside) * len(chosen) // _VALUES)])
    joined = np.concatenate(values) if values else np.zeros(0)
    if not lows or float(np.median(lows)) > CT_AIR or not len(joined):
        return None, ""
    low, high = (float(end) for end in np.percentile(joined, PERCENTILES))
    return (round(low), round(max(high, low + 1))), "the foreground of CT"


def _pairs(table: Table, ids: list[str]) -> Iterator[tuple[Volume, np.ndarray]]:
    for id in ids:
        try:
            content: Any = table.images.read(id)
            if table.masks is not None and isinstance(content, Volume):
                yield content, table.masks.read(id)
        except DataError:
            continue
