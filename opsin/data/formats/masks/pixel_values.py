"""The values that a mask file holds, as they are: class ids, palette indices, colours or numbers of objects."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageOps

from opsin.core import DataError

from ...decode import with_pillow

MaskMode = Literal["grey", "index", "colour"]
_ORIENTATION = 0x0112
_TINT = 24
"""Grey pictures come tinted out of a JPEG in colour, up to so much."""
_PACKED = {"L;2": 85, "L;4": 17}  # Pillow spreads two and four bits over 0 to 255


@dataclass(frozen=True, eq=False)
class IndexedMask:
    """A mask as it stands in its file.

    `values` (height, width) are grey values (up to 16 bits), indices into `palette` (k, 3), or colours as
    65,536 red + 256 green + blue; `lossy` when the file is a JPEG.
    """

    values: np.ndarray
    mode: MaskMode
    lossy: bool = False
    palette: np.ndarray | None = None

    def as_colours(self) -> np.ndarray:
        """The values as colours, whatever they are."""
        if self.mode == "colour":
            return self.values
        if self.palette is not None:
            return pack_colours(self.palette)[np.minimum(self.values, len(self.palette) - 1)]
        return self.values.astype(np.int32) * 0x010101


def read_mask(content: bytes) -> IndexedMask:
    """The values of a mask file, upright; colours that are all grey count as grey. DataError when it is no mask."""
    if not content:
        raise DataError("is empty (0 bytes). Expected a mask.")
    return with_pillow(content, _raw)


def pack_colours(colours: np.ndarray) -> np.ndarray:
    """Colours (..., 3) as one int32 each."""
    wide = colours.astype(np.int32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def value_counts(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values and the number of pixels of each; fast where neighbours are mostly alike."""
    flat = values.ravel()
    starts = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1])
    distinct, place = np.unique(flat[starts], return_inverse=True)
    return distinct, np.bincount(place, np.diff(starts, append=len(flat))).astype(np.int64)


def values_in_mode(raw: IndexedMask, mode: MaskMode) -> np.ndarray:
    """The values of one mask, taken as all masks together are."""
    if mode == "colour":
        return raw.as_colours()
    if raw.mode == "colour":
        raise DataError("is a coloured picture; the other masks hold class ids")
    if raw.mode == "index" and mode == "grey":
        return raw.as_colours() & 255
    return raw.values


def format_value(value: int, mode: MaskMode) -> str:
    """A value as text, a colour as red/green/blue."""
    return f"{value >> 16}/{value >> 8 & 255}/{value & 255}" if mode == "colour" else str(value)


def _raw(image: Image.Image) -> IndexedMask:
    lossy = image.format == "JPEG"
    tiles: list[Any] = getattr(image, "tile", []) if image.format == "PNG" else []
    layout = tiles[0][3] if tiles else None
    spread = _PACKED.get(layout[0] if isinstance(layout, tuple) and layout else str(layout), 1)
    image.load()
    if image.getexif().get(_ORIENTATION, 1) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode == "P":
        colours = image.getpalette("RGB") or []
        return IndexedMask(np.asarray(image), "index", lossy, np.array(colours, np.uint8).reshape(-1, 3))
    if image.mode in ("1", "L"):
        values = np.asarray(image).astype(np.uint8, copy=False)
        return IndexedMask(values // spread if spread > 1 else values, "grey", lossy)
    if image.mode.startswith("I") or image.mode == "F":
        return IndexedMask(_whole(np.asarray(image)), "grey", lossy)
    if image.mode not in ("RGB", "RGBA", "LA", "PA"):
        image = image.convert("RGB")
    if lossy and image.mode == "RGB" and int(np.ptp(np.asarray(image), axis=2).max()) <= _TINT:
        return IndexedMask(np.asarray(image.convert("L")), "grey", lossy)
    bands = np.asarray(image.convert("RGBA") if image.mode == "PA" else image)
    if bands.shape[2] in (2, 4):
        if int(bands[..., -1].min()) != int(bands[..., -1].max()):
            raise DataError("is partly transparent. Expected class ids, a palette or colours without transparency.")
        bands = bands[..., :-1]
    if bands.shape[2] == 1 or ((bands[..., 0] == bands[..., 1]).all() and (bands[..., 1] == bands[..., 2]).all()):
        return IndexedMask(np.ascontiguousarray(bands[..., 0]), "grey", lossy)
    return IndexedMask(pack_colours(bands), "colour", lossy)


def _whole(values: np.ndarray) -> np.ndarray:
    """Numbers of more than eight bits as int32."""
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.rint(values)).all()):
        raise DataError("holds fractions. Expected whole numbers as class ids.")
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 2**31 - 1:
        raise DataError(f"holds values from {low:g} to {high:g}. Expected whole numbers from 0 on.")
    return values.astype(np.int32)
