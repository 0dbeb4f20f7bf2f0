"""Decoding of image files and arrays to pixels: uint8, (height, width, 1 or 3), upright."""

import io
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import simplejpeg
from PIL import Image, ImageOps, UnidentifiedImageError

from opsin.core import DataError
from opsin.core.limits import MAX_PIXELS

from .cut_short import repaired
from .file_content import kind_of_content
from .intensity import Intensity, to_bytes
from .wide_files import read_wide, wide_file, without_no_data

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
_ORIENTATION = 0x0112
_Result = TypeVar("_Result")


def decode(
    content: bytes, *, at_least: tuple[int, int] | None = None, intensity: Intensity | None = None
) -> np.ndarray:
    """Decodes an image file.

    Applies the EXIF orientation, composites transparency over white, and takes the first frame or page. JPEG and PNG
    files that are cut short are read as far as they go.

    Args:
        content: The bytes of the file.
        at_least: Height and width; allows a smaller image where the format decodes to it for free (JPEG), never below
            this size. None decodes at full size.
        intensity: The scale of the data set for images of more than 8 bits; None scales by what the type can hold.

    Returns:
        uint8 (height, width, channels), 1 channel (grey) or 3 (RGB).

    Raises:
        DataError: The bytes are not an image, are cut short, or declare more than MAX_PIXELS.

    Examples:
        >>> buffer = io.BytesIO()
        >>> Image.new("RGBA", (4, 2)).save(buffer, "PNG")
        >>> decode(buffer.getvalue()).shape
        (2, 4, 3)
    """
    values = values_of(content, at_least)
    return values if values.dtype == np.uint8 else to_bytes(values, intensity)


def as_pixels(image: np.ndarray | Image.Image, intensity: Intensity | None = None) -> np.ndarray:
    """Converts an array or a Pillow image to pixels as `decode` does.

    Args:
        image: A Pillow image, or an array (height, width), (height, width, channels) or (channels, height, width) of
            non-negative integers, booleans or floats.
        intensity: The scale of the data set for values that are not uint8; None scales by what the type can hold.

    Returns:
        uint8 (height, width, channels), 1 channel (grey) or 3 (RGB).

    Raises:
        DataError: The array has another shape, or values that cannot be scaled.

    Examples:
        >>> as_pixels(np.full((2, 3), 4095, np.uint16), Intensity(4095)).max()
        np.uint8(255)
    """
    pixels = to_bytes(values_of(image), intensity)
    if pixels.shape[2] in (2, 4):
        colour, alpha = pixels[:, :, :-1].astype(np.uint32), pixels[:, :, -1:].astype(np.uint32)
        pixels = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(pixels)


def values_of(image: bytes | np.ndarray | Image.Image, at_least: tuple[int, int] | None = None) -> np.ndarray:
    """Returns the values of an image before they are scaled.

    Args:
        image: The bytes of a file, a Pillow image or an array.
        at_least: Height and width that a smaller decoded image must reach, as for `decode`.

    Returns:
        Array (height, width, channels), upright. From bytes and Pillow images: uint8 with 1 or 3 channels, or a wider
        type with 1 or 3. From arrays: any type with 1 to 4 channels.

    Raises:
        DataError: As for `decode`.
    """
    if isinstance(image, Image.Image):
        return _values(image, at_least)
    if isinstance(image, bytes):
        if not image:
            raise DataError("is empty (0 bytes). Expected an image.")
        return _values_of_file(image, at_least)
    array = np.asarray(image)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim == 3 and array.shape[2] not in (1, 2, 3, 4) and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    if array.ndim != 3 or array.shape[2] not in (1, 2, 3, 4) or 0 in array.shape:
        raise DataError(f"has the shape {np.shape(image)}. Expected (height, width) or (height, width, 1, 3 or 4).")
    return array


def header(image: bytes | np.ndarray) -> tuple[int, int, int]:
    """Returns the shape of the decoded image from the file header or the array's shape, without decoding.

    Args:
        image: The bytes of a file, of which the start usually suffices, or an array.

    Returns:
        Height, width and channels (1 or 3).

    Raises:
        DataError: It is not an image.
    """
    return header_and_depth(image)[0]


def header_and_depth(image: bytes | np.ndarray) -> tuple[tuple[int, int, int], bool]:
    """Returns the shape as `header` does, and True when values are scaled: more than 8 bits, or floats.

    Args:
        image: The bytes of a file, of which the start usually suffices, or an array.

    Returns:
        (height, width, channels), and True for a deep image.

    Raises:
        DataError: It is not an image.
    """
    if not isinstance(image, bytes):
        height, width, channels = values_of(image).shape
        return (height, width, 1 if channels < 3 else 3), image.dtype != np.uint8 and image.dtype != np.bool_
    if not image:
        raise DataError("is empty (0 bytes). Expected an image.")

    wide = wide_file(image)
    if wide is not None:
        swapped = wide.orientation >= 5
        height, width = (wide.width, wide.height) if swapped else (wide.height, wide.width)
        return (height, width, 1 if wide.bands < 3 else 3), wide.deep

    def inspect(opened: Image.Image) -> tuple[tuple[int, int, int], bool]:
        deep = _is_deep(opened)
        grey = deep or opened.mode in ("1", "L", "LA", "La")
        width, height = opened.size
        if opened.format != "TIFF" and opened.getexif().get(_ORIENTATION, 1) >= 5:  # Pillow rotates TIFF itself
            width, height = height, width
        return (height, width, 1 if grey else 3), deep

    return with_pillow(image, inspect)


def _values_of_file(content: bytes, at_least: tuple[int, int] | None) -> np.ndarray:
    wide = wide_file(content)
    if wide is not None:
        _check_pixels(wide.width, wide.height)
        values = read_wide(repaired(content) or content, wide)
        return without_no_data(
            values if wide.orientation == 1 else _apply_orientation(values, wide.orientation), content
        )
    pixels = _decode_jpeg(content, at_least) if content[:3] == b"\xff\xd8\xff" else None
    if pixels is not None:
        return pixels
    try:
        values = with_pillow(content, lambda opened: _values(opened, at_least))
    except DataError:
        whole = repaired(content)
        if whole is None:
            raise
        pixels = _decode_jpeg(whole, at_least, strict=False)
        values = with_pillow(whole, lambda opened: _values(opened, at_least)) if pixels is None else pixels
    return values if values.dtype == np.uint8 else without_no_data(values, content)


def _decode_jpeg(content: bytes, at_least: tuple[int, int] | None, strict: bool = True) -> np.ndarray | None:
    """Decodes with libjpeg-turbo; None for other files and colour spaces, and where `strict` for a damaged file."""
    try:
        high, wide, space, _ = simplejpeg.decode_jpeg_header(content)
    except ValueError:
        return None
    height, width = int(high), int(wide)
    _check_pixels(width, height)
    if space not in ("Gray", "YCbCr"):
        return None
    orientation = 1
    if b"Exif\x00\x00" in content:
        orientation = with_pillow(content, lambda image: int(image.getexif().get(_ORIENTATION, 1)))
    least_height, least_width = at_least or (height, width)
    if orientation >= 5:
        least_height, least_width = least_width, least_height
    try:
        pixels = simplejpeg.decode_jpeg(
            content,
            "GRAY" if space == "Gray" else "RGB",
            min_height=min(least_height, height) if at_least else 0,
            min_width=min(least_width, width) if at_least else 0,
            strict=strict,
        )
    except ValueError:
        return None
    return pixels if orientation == 1 else _apply_orientation(pixels, orientation)


def _apply_orientation(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Applies an EXIF orientation from 2 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise DataError(f"declares {width} x {height} pixels. Expected at most {MAX_PIXELS:,} in all.")


def with_pillow(content: bytes, use: Callable[[Image.Image], _Result]) -> _Result:
    """Opens an image file with Pillow and applies a function to it.

    Args:
        content: The bytes of the file.
        use: Called with the opened image.

    Returns:
        The result of `use`.

    Raises:
        DataError: The file cannot be opened or read, in one line.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_pixels(*image.size)
            return use(image)
    except DataError:
        raise
    except UnidentifiedImageError:
        found = f": it holds {kind}" if (kind := kind_of_content(content)) else ""
        raise DataError(
            f"is not an image that can be read{found}. Expected JPEG, PNG, BMP, GIF, TIFF or WebP."
        ) from None
    except Image.DecompressionBombError:
        raise DataError(f"declares too many pixels. Expected at most {MAX_PIXELS:,} in all.") from None
    except MemoryError:
        raise DataError("is too large for the memory of this machine") from None
    except Exception as error:  # Pillow's decoders raise many types for damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"is cut short or damaged ({reason})") from error


def _is_deep(image: Image.Image) -> bool:
    return image.mode == "F" or image.mode.startswith("I")


def _values(image: Image.Image, at_least: tuple[int, int] | None) -> np.ndarray:
    if at_least is not None:
        side = max(at_least)  # square, because the orientation may swap the sides
        image.draft(cast(Any, None), (side, side))
    image.load()
    rotated = image.getexif().get(_ORIENTATION, 1) != 1
    upright = ImageOps.exif_transpose(image) if rotated else image
    mode = upright.mode
    if _is_deep(upright):
        deep = np.asarray(upright)[:, :, None]
        return deep.astype(np.uint16) if image.format == "PPM" and mode == "I" else deep  # Pillow scales PGM to 16 bits
    grey = mode in ("1", "L", "LA", "La")
    if upright.has_transparency_data:
        over = Image.new("RGBA", upright.size, (255, 255, 255, 255))
        upright = Image.alpha_composite(over, upright.convert("RGBA"))
    wanted = "L" if grey else "RGB"
    pixels = np.asarray(upright if upright.mode == wanted else upright.convert(wanted))
    return pixels[:, :, None] if grey else pixels


def shape_of(content: bytes | np.ndarray) -> tuple[int, int]:
    """Returns the height and width of an image at full size.

    Args:
        content: The bytes of a file, or an array.

    Returns:
        Height and width in pixels.

    Raises:
        DataError: It is not an image.
    """
    height, width, _ = header(content)
    return height, width
