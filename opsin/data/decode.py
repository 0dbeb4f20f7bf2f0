"""From the bytes of an image file to pixels: uint8, (height, width, 1 or 3), upright."""

import io
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import simplejpeg
from PIL import Image, ImageOps, UnidentifiedImageError

from opsin.core import DataError

MAX_PIXELS = 178_956_970
"""The largest picture that is decoded (as in Pillow); checked in the header, before any memory is taken."""

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
_DEPTHS = (8, 10, 12, 14, 16, 24, 32)
_ORIENTATION = 0x0112
_Answer = TypeVar("_Answer")


def decode(content: bytes, *, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """The pixels of an encoded image: uint8, (height, width, channels), channels 1 (grey) or 3 (RGB).

    Turned upright by its EXIF orientation; transparent parts over white; more than 8 bits scaled by the smallest of
    8, 10, 12, 14, 16 bits that holds the brightest pixel (16-bit colour PNG: its high bytes); first frame or page.
    `at_least=(height, width)` allows a smaller picture where the format gives it for free (JPEG), never below that.
    Raises DataError when the bytes are no image, cut short, or declare more than MAX_PIXELS.

    >>> buffer = io.BytesIO()
    >>> Image.new("RGBA", (4, 2)).save(buffer, "PNG")
    >>> decode(buffer.getvalue()).shape
    (2, 4, 3)
    """
    if not content:
        raise DataError("is empty (0 bytes); expected an image")
    if content[:3] == b"\xff\xd8\xff":
        pixels = _decode_jpeg(content, at_least)
        if pixels is not None:
            return pixels
    return with_pillow(content, lambda image: _pixels(image, at_least))


def header(content: bytes) -> tuple[int, int, int]:
    """The (height, width, channels) that `decode` would give, from the header alone; DataError when it is no image."""
    if not content:
        raise DataError("is empty (0 bytes); expected an image")

    def look(image: Image.Image) -> tuple[int, int, int]:
        grey = image.mode in ("1", "L", "LA", "La", "F") or image.mode.startswith("I")
        width, height = image.size
        if image.format != "TIFF" and image.getexif().get(_ORIENTATION, 1) >= 5:  # Pillow turns TIFF by itself
            width, height = height, width
        return height, width, 1 if grey else 3

    return with_pillow(content, look)


def as_pixels(image: np.ndarray | Image.Image) -> np.ndarray:
    """An array or a Pillow image as pixels: uint8, (height, width, 1 or 3), by the rules of `decode`.

    An array is (height, width), (height, width, channels) or (channels, height, width); whole numbers from 0 on,
    true or false, or fractions from 0 to 1. Raises DataError otherwise.

    >>> as_pixels(np.full((2, 3), 4095, np.uint16)).max()
    np.uint8(255)
    """
    if isinstance(image, Image.Image):
        return _pixels(image, None)
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4) and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or 0 in array.shape:
        raise DataError(f"has the shape {np.shape(image)}; expected (height, width) or (height, width, 1, 3 or 4)")
    pixels = _to_bytes(array)
    if pixels.shape[2] in (2, 4):
        colour, alpha = pixels[:, :, :-1].astype(np.uint32), pixels[:, :, -1:].astype(np.uint32)
        pixels = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def _to_bytes(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind not in "iuf":
        raise DataError(f"holds values of type {array.dtype}; expected numbers")
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise DataError("holds values that are not numbers (NaN or infinite); expected finite values")
    if low < 0:
        raise DataError(f"holds negative values (down to {low:g}); expected 0 or more")
    if array.dtype.kind == "f":
        if high > 1:
            raise DataError(f"holds fractions up to {high:g}; expected 0 to 1, or whole numbers (uint8)")
        top = 1.0
    else:
        bits = next((depth for depth in _DEPTHS if high < 2**depth), None)
        if bits is None:
            raise DataError(f"holds values up to {high:g}; expected at most 32 bits")
        top = float(2**bits - 1)
    return np.rint(array * (255.0 / top)).astype(np.uint8)


def _decode_jpeg(content: bytes, at_least: tuple[int, int] | None) -> np.ndarray | None:
    """By libjpeg-turbo; None when Pillow must look: other colour spaces, or a fault that Pillow will name."""
    try:
        high, wide, space, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError:
        return None
    height, width = int(high), int(wide)
    _bound(width, height)
    if space not in ("Gray", "YCbCr"):
        return None
    turn = 1
    if b"Exif\x00\x00" in content:
        turn = with_pillow(content, lambda image: int(image.getexif().get(_ORIENTATION, 1)))
    least_height, least_width = at_least or (height, width)
    if turn >= 5:
        least_height, least_width = least_width, least_height
    try:
        pixels = simplejpeg.decode_jpeg(
            content,
            "GRAY" if space == "Gray" else "RGB",
            min_height=min(least_height, height) if at_least else 0,
            min_width=min(least_width, width) if at_least else 0,
        )
    except ValueError:
        return None
    return pixels if turn == 1 else _turned(pixels, turn)


def _turned(pixels: np.ndarray, turn: int) -> np.ndarray:
    """Upright by EXIF orientation 2 to 8."""
    if turn in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _bound(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise DataError(f"declares {width} x {height} pixels; expected at most {MAX_PIXELS:,} in all")


def with_pillow(content: bytes, use: Callable[[Image.Image], _Answer]) -> _Answer:
    """What `use` makes of the image in `content`; whatever is wrong with it is a DataError of one line."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _bound(*image.size)
            return use(image)
    except DataError:
        raise
    except UnidentifiedImageError:
        raise DataError("is not an image that can be read; expected JPEG, PNG, BMP, GIF, TIFF or WebP") from None
    except Image.DecompressionBombError:
        raise DataError(f"declares too many pixels; expected at most {MAX_PIXELS:,} in all") from None
    except MemoryError:
        raise DataError("is too large for the memory of this machine") from None
    except Exception as error:  # Pillow's readers raise many kinds on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"is cut short or damaged ({reason})") from error


def _pixels(image: Image.Image, at_least: tuple[int, int] | None) -> np.ndarray:
    if at_least is not None:
        side = max(at_least)  # square, for the picture may lie on its side
        image.draft(cast(Any, None), (side, side))
    image.load()
    turned = image.getexif().get(_ORIENTATION, 1) != 1
    upright = ImageOps.exif_transpose(image) if turned else image
    mode = upright.mode
    if mode == "F" or mode.startswith("I"):
        return as_pixels(_depth(np.asarray(upright)))
    grey = mode in ("1", "L", "LA", "La")
    if upright.has_transparency_data:
        over = Image.new("RGBA", upright.size, (255, 255, 255, 255))
        upright = Image.alpha_composite(over, upright.convert("RGBA"))
    wanted = "L" if grey else "RGB"
    pixels = np.asarray(upright if upright.mode == wanted else upright.convert(wanted))
    return pixels[:, :, None] if grey else pixels


def _depth(values: np.ndarray) -> np.ndarray:
    """Fractions above 1 in a file are counts, not shares of full brightness."""
    if values.dtype.kind == "f" and np.isfinite(values).all() and values.max() > 1:
        return np.rint(values).astype(np.int64)
    return values
