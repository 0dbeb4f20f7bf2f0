"""Keras's functions to load image files: `load_img` and `img_to_array`."""

import io
import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from opsin.core import DataError

from ..missing import missing as _missing

if TYPE_CHECKING:
    from PIL.Image import Image

_MODES = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}
_GRAYSCALE_MODES = ("L", "I;16", "I")
_FILTERS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def load_img(
    path: str | os.PathLike[str] | io.BytesIO, color_mode: Literal["rgb", "rgba", "grayscale"] = "rgb",
    target_size: tuple[int, int] | None = None, interpolation: str = "nearest", keep_aspect_ratio: bool = False,
) -> "Image":  # fmt: skip
    """Loads an image file. As in Keras, the EXIF orientation is not applied.

    Args:
        path: Path or file object.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: (height, width) to resize to. None: the original size.
        interpolation: Resampling filter of PIL, in lower case.
        keep_aspect_ratio: Crop the centre to the aspect ratio of `target_size` before resizing.

    Returns:
        PIL image.

    Raises:
        DataError: The file is not an image, or an argument is invalid.
    """
    from PIL import Image, UnidentifiedImageError

    if color_mode not in _MODES or interpolation not in _FILTERS:
        raise DataError(
            f"load_img got color_mode={color_mode!r} and interpolation={interpolation!r}. Expected one of "
            f"{', '.join(_MODES)} and one of {', '.join(_FILTERS)}."
        )
    try:
        image = Image.open(path)
        grey = color_mode == "grayscale" and image.mode in _GRAYSCALE_MODES
        image = image.copy() if grey else image.convert(_MODES[color_mode])
    except UnidentifiedImageError as error:
        raise DataError(f"{path} is not a readable image. Expected a PNG, a JPEG or another format of PIL.") from error
    except OSError as error:
        raise DataError(f"Reading {path} failed: {error.strerror or error}.") from error
    if target_size is None or image.size == (size := (target_size[1], target_size[0])):
        return image
    box = _centre_box(image.size, size) if keep_aspect_ratio else None
    return image.resize(size, Image.Resampling[interpolation.upper()], box=box)


def _centre_box(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """Returns the largest centred box with the target's aspect ratio."""
    width = min(size[0], size[1] * target[0] // target[1])
    height = min(size[1], size[0] * target[1] // target[0])
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def img_to_array(img: Any, data_format: Literal["channels_last"] | None = None, dtype: Any = "float32") -> np.ndarray:
    """Converts an image to an array. Values are not scaled (0 to 255).

    Args:
        img: PIL image or array (height, width) or (height, width, channels).
        data_format: None or "channels_last".
        dtype: Type of the array.

    Returns:
        Array (height, width, channels).

    Raises:
        DataError: The image has another number of axes.

    Examples:
        >>> img_to_array(np.zeros((4, 3), np.uint8)).shape
        (4, 3, 1)
    """
    if data_format not in (None, "channels_last"):
        raise DataError(f"img_to_array does not support data_format={data_format!r}. Expected 'channels_last'.")
    array = np.asarray(img, dtype or "float32")
    if array.ndim not in (2, 3):
        raise DataError(f"img_to_array got an array of shape {array.shape}. Expected (height, width, channels).")
    return array[..., np.newaxis] if array.ndim == 2 else array


__getattr__ = _missing(__name__)
