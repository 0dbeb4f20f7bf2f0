"""PNG and TIFF files that Pillow reduces to 8 bits or cannot open: 16-bit colour, floats, whole numbers of 32 bits."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from opsin.core import DataError

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_COLOURS = {2: 3, 4: 2, 6: 4}
"""Number of bands by PNG's colour type; grey and palettes are read by Pillow."""
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_FLOATS, _SIGNED = 3, 2
_RGB, _CMYK = 2, 5
_NO_DATA = 42113
"""Tag of GDAL: the value of pixels without a measurement."""


@dataclass(frozen=True)
class WideFile:
    """The header of a file that OpenCV decodes.

    Attributes:
        height: Height in pixels, as stored.
        width: Width in pixels, as stored.
        bands: Number of bands in the file.
        alpha: True when the last band is transparency.
        orientation: EXIF orientation.
        deep: True for more than 8 bits, or floats.
        planes: True when each band is stored after the other.
    """

    height: int
    width: int
    bands: int
    alpha: bool
    orientation: int = 1
    deep: bool = True
    planes: bool = False


def wide_file(content: bytes) -> WideFile | None:
    """Reads the header of a PNG or TIFF file.

    Args:
        content: The bytes of the file, of which the start of a PNG suffices.

    Returns:
        The header; None where Pillow decodes the file with all its bits.

    Raises:
        DataError: The file has bands or a type of values that cannot be read.
    """
    if content[:8] == _PNG and len(content) > 25 and content[24] == 16 and content[25] in _PNG_COLOURS:
        bands = _PNG_COLOURS[content[25]]
        width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        return WideFile(height, width, bands, bands in (2, 4))
    tags = tiff_tags(content)
    return None if tags is None else _wide_tiff(tags)


def tiff_tags(content: bytes) -> Mapping[int, Any] | None:
    """Returns the tags of the first page of a TIFF file; None for other files, and where they cannot be read."""
    if content[:4] not in _TIFF:
        return None
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file = io.BytesIO(content)
    try:
        head = file.read(8)
        tags = ImageFileDirectory_v2(head + file.read(8) if 43 in (head[2], head[3]) else head)
        file.seek(tags.next)
        tags.load(file)
        return {number: tags[number] for number in tags}
    except Exception:  # damaged in any way: Pillow says how
        return None


def _wide_tiff(tags: Mapping[int, Any]) -> WideFile | None:
    bands, bits = int(tags.get(277, 1)), max(tags.get(258, (1,)))
    kind, colour = max(tags.get(339, (1,))), tags.get(262)
    extra = tuple(tags.get(338, ()))
    if kind == _FLOATS and bits < 32:
        raise DataError(f"holds floats of {bits} bits. Expected 32 or 64. Fix: save it as float32.")
    if bands == 1 and ((kind == _FLOATS and bits == 32) or (kind != _FLOATS and bits <= 16 and (kind, bits) != (2, 8))):
        return None
    if bands > 4:
        raise DataError(
            f"has {bands} bands. Expected 1 (grey), 3 (RGB) or 4 (RGB with alpha). Fix: save three of the bands as RGB."
        )
    plain = bits <= 8 and kind not in (_FLOATS, _SIGNED)
    if bands == 2 and not (plain and tags.get(284, 1) == 1):
        raise DataError(
            f"has 2 bands of {bits} bits. Expected 1 (grey) or 3 (RGB). Fix: save one band, or both and a third."
        )
    if bands in (3, 4) and colour in (0, 1):
        raise DataError(
            f"has {bands} bands that are not marked as red, green and blue. Expected RGB. Fix: save three as RGB."
        )
    if (
        (plain and (bands < 4 or extra[:1] != (0,) or tags.get(284, 1) == 1))
        or colour == _CMYK
        or colour not in (0, 1, _RGB)
    ):
        return None
    alpha = bands == 4 and extra[:1] in ((1,), (2,))
    return WideFile(
        int(tags[257]), int(tags[256]), bands, alpha, int(tags.get(274, 1)), not plain, bits > 8 and tags.get(284) == 2
    )


def read_wide(content: bytes, header: WideFile) -> np.ndarray:
    """Decodes the values of a file, as stored.

    Args:
        content: The bytes of the file.
        header: Its header.

    Returns:
        (height, width, 1 or 3), of the type in the file; transparency is composited over the largest value of the type.

    Raises:
        DataError: The file is cut short or damaged.
    """
    import cv2

    cv2.utils.logging.setLogLevel(0)  # else it prints on damaged files
    try:
        values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        values = None
    if header.planes:
        values = _planes(content, header)
    if values is None or values.shape[:2] != (header.height, header.width):
        raise DataError("is cut short or damaged, or packed in a way that cannot be read")
    if values.ndim == 2:
        return values[:, :, None]
    colours = values[:, :, 2::-1]
    if header.alpha and values.shape[2] == 4:
        white = float(np.iinfo(np.dtype(values.dtype).name).max) if values.dtype.kind in "iu" else 1.0
        opacity = values[:, :, 3:] / white
        if (opacity != 1).any():
            colours = (colours * opacity + white * (1 - opacity)).astype(values.dtype)
    return np.ascontiguousarray(colours[:, :, :1] if header.bands == 2 else colours)


def _planes(content: bytes, header: WideFile) -> np.ndarray:
    """Returns the bands of a TIFF file without compression that stores them one after the other, as OpenCV does."""
    tags = tiff_tags(content) or {}
    letter = {1: "u", _SIGNED: "i", _FLOATS: "f"}.get(max(tags.get(339, (1,))))
    if tags.get(259, 1) != 1 or letter is None or 273 not in tags:
        raise DataError(
            "keeps its bands one after the other, compressed. Expected RGB. Fix: save it with contiguous bands."
        )
    order = "<" if content[:2] == b"II" else ">"
    raw = b"".join(content[at : at + size] for at, size in zip(tags[273], tags[279], strict=True))
    dtype = np.dtype(f"{order}{letter}{max(tags[258]) // 8}")
    if len(raw) != header.bands * header.height * header.width * dtype.itemsize:
        raise DataError("is cut short or damaged")
    values = np.frombuffer(raw, dtype).reshape(header.bands, header.height, header.width)
    order_of_bands = [2, 1, 0, 3][: header.bands]
    return np.moveaxis(values, 0, 2)[:, :, order_of_bands].astype(dtype.newbyteorder("="))


def without_no_data(values: np.ndarray, content: bytes) -> np.ndarray:
    """Returns the values of a TIFF file with NaN where it marks pixels as not measured."""
    tags = tiff_tags(content)
    text = "" if tags is None else str(tags.get(_NO_DATA, "")).strip("\0 ")
    try:
        marked = float(text) if text else None
    except ValueError:
        return values
    if marked is None or values.dtype == np.uint8 or not (values == marked).any():
        return values
    return np.where(values == marked, np.nan, values.astype(np.float64 if values.dtype.itemsize > 4 else np.float32))
