"""The scale of images of more than 8 bits: a property of the data set, the same for each of its images."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

DEPTHS = (8, 10, 12, 14, 16, 24, 32)
"""Bits that images are recorded with; a data set of integers has the smallest that holds all values."""


@dataclass(frozen=True)
class Intensity:
    """The scale of a data set's images of more than 8 bits or of floats: 0 to `high` becomes 0 to 255, more is 255.

    `high` is 1 for fractions, else the largest value of the bit depth. Raises DataError when it is not a number
    from 1 to 2**32 - 1.

    Examples:
        >>> to_bytes(np.array([0, 500, 4095, 9000], np.uint16), Intensity(4095)).tolist()
        [0, 31, 255, 255]
    """

    high: float

    def __post_init__(self) -> None:
        if not 1 <= self.high < 2**32:
            raise DataError(f"intensity {self.high!r} is not a scale. Expected a number from 1 to {2**32 - 1}.")

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
        return cls(float(data["high"]))


def intensity_of(origin: str, fractions: float | None, counts: float | None) -> Intensity | None:
    """Chooses the scale of a data set from the brightest values of all its images of more than 8 bits.

    Args:
        origin: Name of the data set, for errors.
        fractions: Largest value of its float images, None when it has none.
        counts: Largest value of its images of whole numbers of more than 8 bits, None when it has none.

    Returns:
        1 when there are only float images and none exceeds 1; else the smallest bit depth that holds all values; None
        when there is no such image.

    Raises:
        DataError: Float images lie between fractions and counts, both kinds are mixed, or values need over 32 bits.
    """
    if fractions is None and counts is None:
        return None
    if fractions is not None and fractions <= 1:
        if counts is not None:
            raise DataError(
                f"{origin} mixes float images of 0 to {fractions:g} with whole numbers up to {counts:g}. Expected one "
                "scale. Fix: save all images with the same type."
            )
        return Intensity(1.0)
    brightest = max(value for value in (fractions, counts) if value is not None)
    if counts is None and brightest < 2:
        raise DataError(
            f"{origin} has float images with values up to {brightest:g}. Expected fractions of 0 to 1, or counts. "
            "Fix: limit them to 0 to 1."
        )
    if not brightest < 2 ** DEPTHS[-1]:
        raise DataError(f"{origin} has images with values up to {brightest:g}. Expected at most 32 bits.")
    return Intensity(float(next(2**bits - 1 for bits in DEPTHS if brightest < 2**bits)))


def to_bytes(values: np.ndarray, intensity: Intensity | None) -> np.ndarray:
    """Returns values of any type as uint8 of the same shape; uint8 stays as it is, false is 0 and true 255.

    Args:
        values: Whole numbers or floats from 0 on, or booleans.
        intensity: The scale of the data set; None scales by what the type can hold: 65535 for 16 bits, 1 for floats,
            255 for wider whole numbers.

    Raises:
        DataError: Values are not numbers, not finite, negative, or on no known scale.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    brightest = brightest_of(values)
    high = _own_scale(values, brightest) if intensity is None else intensity.high
    if intensity is not None and intensity.of_fractions and (values.dtype.kind != "f" or brightest >= 2):
        raise DataError(
            f"holds values up to {brightest:g} ({values.dtype}), but the training images hold fractions. Expected "
            "0 to 1, or 8 bits. Fix: divide the values by the largest that is possible."
        )
    scaled = np.multiply(values, 255.0 / high, dtype=np.float64)
    return np.minimum(np.rint(scaled, out=scaled), 255, out=scaled).astype(np.uint8)


def brightest_of(values: np.ndarray) -> float:
    """Returns the largest value; raises DataError when values are not numbers, not finite or negative."""
    if values.dtype.kind not in "iuf":
        raise DataError(f"holds values of type {values.dtype}. Expected numbers.")
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DataError("holds values that are not numbers (NaN or infinite). Expected finite values.")
    if low < 0:
        raise DataError(f"holds negative values (down to {low:g}). Expected 0 or more.")
    return high


def _own_scale(values: np.ndarray, brightest: float) -> float:
    """Returns the scale of a single image, by its type and never by its values."""
    if values.dtype.kind != "f" and values.dtype.itemsize == 2:
        return 65535.0
    high = 1.0 if values.dtype.kind == "f" else 255.0
    if brightest > high:
        raise DataError(
            f"holds values up to {brightest:g} ({values.dtype}), and no data set gives their scale. Expected 0 to "
            f"{high:g}, or whole numbers of 8 or 16 bits. Fix: divide the values by the largest that is possible."
        )
    return high
