"""Pixels of a DICOM file as values: decoding, rescale, photometric interpretation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

from .libraries import medical_library

MAX_VALUES = 2**31
"""Limit of the values of one file, from its header, before anything is decoded."""
_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_GREY, _COLOUR = ("MONOCHROME1", "MONOCHROME2"), ("RGB", "PALETTE COLOR")
_DECODED_TO_RGB = ("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")


@dataclass(frozen=True)
class Rescale:
    """Linear map from stored values to values, such as Hounsfield units."""

    slope: float = 1.0
    intercept: float = 0.0


def decoded_frames(dataset: Any) -> np.ndarray:
    """Decodes the pixels of a file.

    Args:
        dataset: pydicom data set with pixels.

    Returns:
        Stored values (frames, rows, columns), or RGB (frames, rows, columns, 3).

    Raises:
        DataError: The file has no pixels, an unknown photometric interpretation, or cannot be decoded.
    """
    meaning = str(dataset.get("PhotometricInterpretation", "")).strip()
    if meaning not in (*_GREY, *_COLOUR, *_DECODED_TO_RGB):
        named = f"the photometric interpretation {meaning[:40]!r}" if meaning else "no photometric interpretation"
        raise DataError(f"has {named}. Expected one of {', '.join((*_GREY, *_COLOUR))} or YBR.")
    check_declared(dataset)
    values = _pixel_array(dataset)
    if meaning == "PALETTE COLOR":
        values = _with_palette(values, dataset)
    colour = meaning not in _GREY
    frames = values if values.ndim == (4 if colour else 3) else values[None]
    if frames.ndim != (4 if colour else 3):
        raise DataError(f"decodes to the shape {values.shape}. Expected frames of {meaning}.")
    return frames


def check_declared(dataset: Any) -> None:
    """Raises DataError for pixels that are missing, or larger than the limit by their header."""
    if not any(name in dataset for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise DataError("has no pixels.")
    try:
        sides = [int(dataset.get(name) or 0) for name in ("Rows", "Columns")]
        frames = max(1, int(dataset.get("NumberOfFrames") or 1))
        samples = max(1, int(dataset.get("SamplesPerPixel") or 1))
    except (TypeError, ValueError) as error:
        raise DataError(f"has no valid size ({error}). Expected Rows and Columns.") from error
    if min(sides) < 1:
        raise DataError(f"has {sides[0]} rows and {sides[1]} columns. Expected 1 or more of each.")
    if sides[0] * sides[1] * frames * samples > MAX_VALUES:
        raise DataError(f"declares {sides[0]}x{sides[1]}x{frames} values. Expected at most {MAX_VALUES:,}.")


def rescaled(stored: np.ndarray, rescales: list[Rescale]) -> np.ndarray:
    """Maps stored values to values.

    Args:
        stored: (frames, rows, columns, ...).
        rescales: One map for each frame.

    Returns:
        The values: int16 or int32 where all of them are integers, float32 else.

    Raises:
        DataError: Values are not finite.
    """
    whole = stored.dtype.kind in "iub" and all(
        float(number).is_integer() for one in rescales for number in (one.slope, one.intercept)
    )
    if not whole:
        out = stored.astype(np.float32)
        for frame, one in zip(out, rescales, strict=True):
            frame *= np.float32(one.slope)
            frame += np.float32(one.intercept)
        if not np.isfinite(out).all():
            raise DataError("holds values that are not numbers (NaN or infinite). Expected finite values.")
        return out
    low, high = int(stored.min()), int(stored.max())
    ends = [round(one.slope * end + one.intercept) for one in set(rescales) for end in (low, high)]
    small = np.iinfo(np.int16).min <= min(ends) and max(ends) <= np.iinfo(np.int16).max
    if stored.dtype == np.uint8 and set(rescales) == {Rescale()}:
        return stored
    if max(abs(min(ends)), abs(max(ends))) >= 2**31:
        raise DataError(f"holds values from {min(ends)} to {max(ends)}. Expected at most 32 bits.")
    out = stored.astype(np.int32)
    for frame, one in zip(out, rescales, strict=True):
        frame *= round(one.slope)
        frame += round(one.intercept)
    return out.astype(np.int16) if small else out


def inverted(values: np.ndarray, dataset: Any, rescale: Rescale) -> np.ndarray:
    """Returns values of MONOCHROME1 with dark and bright exchanged, over the range of the stored bits.

    Args:
        values: Values after the rescale.
        dataset: Data set with BitsStored and PixelRepresentation.
        rescale: Map from stored values to values.
    """
    bits, signed = int(dataset.get("BitsStored") or 16), int(dataset.get("PixelRepresentation") or 0)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    total = rescale.slope * (low + high) + 2 * rescale.intercept
    flipped = np.float64(total) - values
    return flipped.astype(values.dtype) if values.dtype.kind == "f" else np.rint(flipped).astype(np.int32)


def _pixel_array(dataset: Any) -> np.ndarray:
    try:
        if _is_12_bit_jpeg(dataset):
            return _decoded_12_bit(dataset)
        return np.asarray(dataset.pixel_array)
    except MemoryError as error:
        raise DataError("is too large for the memory of this machine.") from error
    except Exception as error:  # decoders raise errors of many kinds for damaged streams
        syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", None)
        name = getattr(syntax, "name", syntax) or "unknown"
        reason = " ".join(str(error).split())[:150] or type(error).__name__
        raise DataError(f"cannot be decoded (transfer syntax {name}): {reason}") from error


def _is_12_bit_jpeg(dataset: Any) -> bool:
    """Returns True for lossy JPEG of 12 bits, which no plugin of pydicom decodes."""
    syntax = getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", "")
    return str(syntax) == _JPEG_EXTENDED and int(dataset.get("BitsStored") or 0) > 8


def _decoded_12_bit(dataset: Any) -> np.ndarray:
    count = max(1, int(dataset.get("NumberOfFrames") or 1))
    frames = medical_library("pydicom.encaps").generate_frames(dataset.PixelData, number_of_frames=count)
    decode = medical_library("imagecodecs").jpeg8_decode
    stack = np.stack([np.asarray(decode(frame)) for frame in frames])
    if stack.shape[1:3] != (dataset.Rows, dataset.Columns):
        raise ValueError(f"frames of {stack.shape[1]}x{stack.shape[2]} for {dataset.Rows}x{dataset.Columns}")
    return stack if count > 1 else stack[0]


def _with_palette(values: np.ndarray, dataset: Any) -> np.ndarray:
    try:
        coloured = np.asarray(medical_library("pydicom.pixels").apply_color_lut(values, dataset))
    except Exception as error:
        raise DataError(f"has a colour palette that cannot be applied ({error}).") from error
    return (coloured >> 8).astype(np.uint8) if coloured.dtype == np.uint16 else coloured
