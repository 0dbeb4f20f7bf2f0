"""From the bytes of an image file to pixels: uint8, (height, width, 1 or 3), upright."""

import io
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import simplejpeg
from PIL import Image, ImageOps, UnidentifiedImageError

from opsin.core import DataError
from opsin.core.limits import MAX_PIXELS

from .intensity import Intensity, to_bytes

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
_ORIENTATION = 0x0112
_Answer = TypeVar("_Answer")


def decode(
    content: bytes, *, at_least: tuple[int, int] | None = None, intensity: Intensity | None = None
) -> np.ndarray:
    """The pixels of an encoded image: uint8, (height, width, channels), channels 1 (grey) or 3 (RGB).

    Turned upright by its EXIF orientation; transparent parts over white; more than 8 bits scaled by `intensity`, the
    scale of the data set, or by what the file's type can hold (16-bit colour PNG: its high bytes); first frame or page.
    `at_least=(height, width)` allows a smaller picture where the format gives it for free (JPEG), never below that.
    Raises DataError when the bytes are no image, cut short, or declare more than MAX_PIXELS.

    >>> buffer = io.BytesIO()
    >>> Image.new("RGBA", (4, 2)).save(buffer, "PNG")
    >>> decode(buffer.getvalue()).shape
    (2, 4, 3)
    """
    return to_bytes(values_of(content, at_least), intensity)


def as_pixels(image: np.ndarray | Image.Image, intensity: Intensity | None = None) -> np.ndarray:
    """An array or a Pillow image as pixels: uint8, (height, width, 1 or 3), by the rules of `decode`.

    An array is (height, width), (height, width, channels) or (channels, height, width); whole numbers from 0 on,
    true or false, or floats. Raises DataError otherwise.

    >>> as_pixels(np.full((2, 3), 4095, np.uint16), Intensity(4095)).max()
    np.uint8(255)
    """
    pixels = to_bytes(values_of(image), intensity)
    if pixels.shape[2] in (2, 4):
        colour, alpha = pixels[:, :, :-1].astype(np.uint32), pixels[:, :, -1:].astype(np.uint32)
        pixels = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def values_of(image: bytes | np.ndarray | Image.Image, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """An image before its values are scaled: upright, (height, width, channels).

    Bytes and Pillow images are uint8 with 1 or 3 channels, or deeper with 1; arrays are of any type with 1 to 4.
    `at_least` and errors as in `decode`.
    """
    if isinstance(image, Image.Image):
        return _values(image, at_least)
    if isinstance(image, bytes):
        if not image:
            raise DataError("is empty (0 bytes); expected an image")
        pixels = _decode_jpeg(image, at_least) if image[:3] == b"\xff\xd8\xff" else None
        return with_pillow(image, lambda opened: _values(opened, at_least)) if pixels is None else pixels
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4) and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or 0 in array.shape:
        raise DataError(f"has the shape {np.shape(image)}; expected (height, width) or (height, width, 1, 3 or 4)")
    return array


def header(image: bytes | np.ndarray) -> tuple[int, int, int]:
    """The (height, width, channels) that decoding would give, from the header or the array's shape alone.

    Raises DataError when it is no image.
    """
    return header_and_depth(image)[0]


def header_and_depth(image: bytes | np.ndarray) -> tuple[tuple[int, int, int], bool]:
    """As `header`, and True when the image has more than 8 bits or floats, so that its values are scaled."""
    if not isinstance(image, bytes):
        height, width, channels = values_of(image).shape
        return (height, width, 1 if channels < 3 else 3), image.dtype != np.uint8 and image.dtype != np.bool_
    if not image:
        raise DataError("is empty (0 bytes); expected an image")

    def look(opened: Image.Image) -> tuple[tuple[int, int, int], bool]:
        deep = _is_deep(opened)
        grey = deep or opened.mode in ("1", "L", "LA", "La")
        width, height = opened.size
        if opened.format != "TIFF" and opened.getexif().get(_ORIENTATION, 1) >= 5:  # Pillow turns TIFF by itself
            width, height = height, width
        return (height, width, 1 if grey else 3), deep

    return with_pillow(image, look)


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


def _is_deep(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def _values(image: Image.Image, at_least: tuple[int, int] | None) -> np.ndarray:
    if at_least is not None:
        side = max(at_least)  # square, for the picture may lie on its side
        image.draft(cast(Any, None), (side, side))
    image.load()
    turned = image.getexif().get(_ORIENTATION, 1) != 1
    upright = ImageOps.exif_transpose(image) if turned else image
    mode = upright.mode
    if _is_deep(upright):
        deep = np.asarray(upright)[:, :, None]
        return deep.astype(np.uint16) if image.format == "PPM" and mode == "I" else deep  # Pillow fills 16 bits of PGM
    grey = mode in ("1", "L", "LA", "La")
    if upright.has_transparency_data:
        over = Image.new("RGBA", upright.size, (255, 255, 255, 255))
        upright = Image.alpha_composite(over, upright.convert("RGBA"))
    wanted = "L" if grey else "RGB"
    pixels = np.asarray(upright if upright.mode == wanted else upright.convert(wanted))
    return pixels[:, :, None] if grey else pixels


def shape_of(content: bytes | np.ndarray) -> tuple[int, int]:
    """The height and width that an image has when it is decoded whole; DataError when it is none."""
    height, width, _ = header(content)
    return height, width
