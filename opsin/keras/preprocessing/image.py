"""Image files as Keras's scripts read them: a PIL image of a size, then an array."""

import io
import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from opsin.core import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

_MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
_GREYS = ("L", "I;16", "I")
_FILTERS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: str | os.PathLike[str] | io.BytesIO, color_mode: Literal["rgb", "rgba", "grayscale"] = "rgb",
    target_size: tuple[int, int] | None = None, interpolation: str = "nearest", keep_aspect_ratio: bool = False,
) -> "Image":  # fmt: skip
    """The image of a file as PIL has it, made (height, width) large; `keep_aspect_ratio` cuts the middle out first.

    As Keras does it, so without turning photographs upright. Raises DataError for what is no image.
    """
    from PIL import Image, UnidentifiedImageError

    if color_mode not in _MODES or interpolation not in _FILTERS:
        raise DataError(
            f"load_img takes one of {', '.join(_MODES)} for color_mode and one of {', '.join(_FILTERS)} for "
            f"interpolation, got {color_mode!r} and {interpolation!r}"
        )
    try:
        image = Image.open(path)
        grey = color_mode == "grayscale" and image.mode in _GREYS
        image = image.copy() if grey else image.convert(_MODES[color_mode])
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is no image that can be read: expected a PNG, a JPEG or another known kind") from error
    except OSError as error:
        raise DataError(f"could not read {path}: {error.strerror or error}") from error
    if target_size is None or image.size == (size := (target_size[1], target_size[0])):
        return image
    box = _middle(image.size, size) if keep_aspect_ratio else None
    return image.resize(size, Image.Resampling[interpolation.upper()], box=box)


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box in the middle with the target's proportions."""
    width = min(size[0], size[1] * target[0] // target[1])
    height = min(size[1], size[0] * target[1] // target[0])
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def img_to_array(img: Any, data_format: Literal["channels_last"] | None = None, dtype: Any = "float32") -> np.ndarray:
    """A PIL image, or an array, as (height, width, channels), values as they are: 0 to 255.

    >>> img_to_array(np.zeros((4, 3), np.uint8)).shape
    (4, 3, 1)
    """
    if data_format not in (None, "channels_last"):
        raise DataError(f"img_to_array takes 'channels_last' for data_format, got {data_format!r}: leave it out")
    array = np.asarray(img, dtype or "float32")
    if array.ndim not in (2, 3):
        raise DataError(f"img_to_array got an array of shape {array.shape}; expected (height, width, channels)")
    return array[..., np.newaxis] if array.ndim == 2 else array
