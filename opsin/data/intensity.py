"""The scale of images of more than 8 bits: a property of the data set, the same for each of its images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

DEPTHS = (8, 10, 12, 14, 16, 24, 32)
"""Bits that images are recorded with; a data set of integers has the smallest that holds all values."""


_NO_MEASUREMENT = 1e30
"""Floats beyond this are marks of pixels that were not measured, such as -3.4e38."""
_HALF_OF_8_BITS = 128
_FAR_ABOVE, _FEW = 16, 0.2
"""Float images that reach more than 16 times the median image are clipped where they are at most a fifth of all."""


@dataclass(frozen=True)
class Intensity:
    """The scale of a data set's images of more than 8 bits or of floats: `low` to `high` becomes 0 to 255.

    `high` is 1 for fractions, the largest value of the bit depth for whole numbers, else the largest value; `low` is 0,
    or the smallest value where it is negative. Values beyond become 0 or 255. Raises DataError when `high` is not a
    number from 1 to 2**32 - 1, or `low` not from -2**32 to 0.

    Examples:
        >>> to_bytes(np.array([0, 500, 4095, 9000], np.uint16), Intensity(4095)).tolist()
        [0, 31, 255, 255]
    """

    high: float
    low: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.high < 2**32:
            raise DataError(f"intensity {self.high!r} is not a scale. Expected a number from 1 to {2**32 - 1}.")
        if not -(2**32) < self.low <= 0:
            raise DataError(f"intensity from {self.low!r} is not a scale. Expected a number from {-(2**32)} to 0.")

    @property
    def of_fractions(self) -> bool:
        """Returns True when values are fractions of full brightness, False when they are counts."""
        return self.high == 1

    def to_json(self) -> dict[str, Any]:
        """Returns plain values for the header of a model file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Intensity":
        """Reads the output of `to_json`; raises KeyError, TypeError, ValueError, OverflowError or DataError."""
        return cls(float(data["high"]), float(data.get("low", 0.0)))


@dataclass(frozen=True)
class ValueRange:
    """The values of an image of more than 8 bits.

    Attributes:
        low: Smallest value.
        high: Largest value.
        is_float: True for floats.
        is_whole: True when all values are whole numbers.
        missing: Number of values that are not numbers (NaN, infinite, or beyond 1e30).
    """

    low: float
    high: float
    is_float: bool
    is_whole: bool
    missing: int


def intensity_of(origin: str, ranges: Sequence[ValueRange]) -> Intensity | None:
    """Chooses the scale of a data set from the values of all its images of more than 8 bits.

    Args:
        origin: Name of the data set, for errors.
        ranges: Values of each image of more than 8 bits.

    Returns:
        From 0, or the smallest negative value, to: 1 when there are only float images and none exceeds 1; the smallest
        bit depth that holds all values when these are whole numbers; else the largest value, or 255 when it is not far
        below. A few float images that reach far above the others do not count. None when there is no such image.

    Raises:
        DataError: Fractions and whole numbers are mixed, or values need over 32 bits.
    """
    if not ranges:
        return None
    low, high = min(0.0, *(one.low for one in ranges)), max(one.high for one in ranges)
    fractions = [one.high for one in ranges if one.is_float]
    counts = [one.high for one in ranges if not one.is_float]
    if fractions and max(fractions) <= 1:
        if counts:
            raise DataError(
                f"{origin} mixes float images of 0 to {max(fractions):g} with whole numbers up to {max(counts):g}. "
                "Expected one scale. Fix: save all images with the same type."
            )
        return Intensity(1.0, low)
    if not (high < 2 ** DEPTHS[-1] and low > -(2 ** DEPTHS[-1])):
        raise DataError(f"{origin} has images with values from {low:g} to {high:g}. Expected at most 32 bits.")
    high = _without_few(fractions, high) if not counts and not all(one.is_whole for one in ranges) else high
    if all(one.is_whole for one in ranges) or _HALF_OF_8_BITS <= high <= 255:
        high = float(next(2**bits - 1 for bits in DEPTHS if high < 2**bits))
    return Intensity(high, low)


def _without_few(highs: Sequence[float], high: float) -> float:
    """Returns the largest value of float images without those few that reach far above the others; at least 1."""
    limit = _FAR_ABOVE * float(np.median(highs))
    usual = [one for one in highs if one <= limit]
    few = len(highs) - len(usual) <= _FEW * len(highs)
    return max(1.0, max(usual)) if usual and few else high


def to_bytes(values: np.ndarray, intensity: Intensity | None) -> np.ndarray:
    """Returns values of any type as uint8 of the same shape; uint8 stays as it is, false is 0 and true 255.

    Args:
        values: Numbers or booleans.
        intensity: The scale of the data set, where values that are not numbers become 0; None scales by what the type
            can hold: 65535 for 16 bits, 1 for floats, 255 for wider whole numbers.

    Raises:
        DataError: Values are not numbers, or on no known scale; without `intensity`, also not finite or negative.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    found = range_of(values)
    if intensity is None:
        scale = Intensity(_own_scale(values, found))
    else:
        scale = intensity
        if scale.of_fractions and (values.dtype.kind != "f" or found.high >= 2):
            raise DataError(
                f"holds values up to {found.high:g} ({values.dtype}), but the training images hold fractions. Expected "
                "0 to 1, or 8 bits. Fix: divide the values by the largest that is possible."
            )
    if found.missing:
        values = np.where(_is_measured(values), values, scale.low)
    scaled = np.multiply(values, 255.0 / (scale.high - scale.low), dtype=np.float64)
    scaled -= scale.low * 255.0 / (scale.high - scale.low)
    return np.clip(np.rint(scaled, out=scaled), 0, 255, out=scaled).astype(np.uint8)


def range_of(values: np.ndarray) -> ValueRange:
    """Returns the range of values; raises DataError when they are not numbers, or none of them is finite."""
    if values.dtype.kind not in "iuf":
        raise DataError(f"holds values of type {values.dtype}. Expected numbers.")
    if values.dtype.kind != "f":
        return ValueRange(float(values.min()), float(values.max()), False, True, 0)
    low, high = float(values.min()), float(values.max())
    if math.isfinite(low) and math.isfinite(high) and low > -_NO_MEASUREMENT and high < _NO_MEASUREMENT:
        return ValueRange(low, high, True, bool((values == np.rint(values)).all()), 0)
    known = values[_is_measured(values)]
    if not known.size:
        raise DataError("holds no values that are numbers (only NaN or infinite). Expected finite values.")
    whole = bool((known == np.rint(known)).all())
    return ValueRange(float(known.min()), float(known.max()), True, whole, values.size - known.size)


def _is_measured(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) & (np.abs(values) < _NO_MEASUREMENT)


def _own_scale(values: np.ndarray, found: ValueRange) -> float:
    """Returns the scale of a single image, by its type and never by its values."""
    if found.missing:
        raise DataError("holds values that are not numbers (NaN or infinite). Expected finite values.")
    if found.low < 0:
        raise DataError(f"holds negative values (down to {found.low:g}). Expected 0 or more.")
    if not found.is_float and values.dtype.itemsize == 2:
        return 65535.0
    high = 1.0 if found.is_float else 255.0
    if found.high > high:
        raise DataError(
            f"holds values up to {found.high:g} ({values.dtype}), and no data set gives their scale. Expected 0 to "
            f"{high:g}, or whole numbers of 8 or 16 bits. Fix: divide the values by the largest that is possible."
        )
    return high
