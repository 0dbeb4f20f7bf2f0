"""Sizes of images as stored and upright, and coordinates under the EXIF orientation."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from opsin.core import DataError

from ..decode import with_pillow
from ..images import FileImages

_HEADER_BYTES = 1 << 15
_ORIENTATION = 0x0112
_TRANSPOSED = 5
"""The orientations from this one on exchange height and width."""


@dataclass(frozen=True)
class ImageSize:
    """The size of an image file.

    Attributes:
        upright: Height and width in pixels with the EXIF orientation applied, as images are read.
        orientation: The EXIF orientation, from 1 (upright) to 8.
    """

    upright: tuple[int, int]
    orientation: int = 1

    @property
    def stored(self) -> tuple[int, int]:
        """Height and width as stored, without the orientation."""
        height, width = self.upright
        return (width, height) if self.orientation >= _TRANSPOSED else (height, width)


def read_size(files: FileImages, id: str) -> ImageSize:
    """Reads the size of an image, usually from the start of its file.

    Args:
        files: The images.
        id: Id of the image.

    Returns:
        Its size and orientation.

    Raises:
        DataError: The file is not an image.
    """
    try:
        return with_pillow(files.start(id, _HEADER_BYTES), _inspect)
    except DataError:
        content = files.read(id)
        if not content:
            raise DataError("is empty (0 bytes). Expected an image.") from None
        return with_pillow(content, _inspect)


def _inspect(image: Image.Image) -> ImageSize:
    width, height = image.size
    orientation = image.getexif().get(_ORIENTATION, 1)
    orientation = orientation if orientation in range(1, 9) else 1
    if orientation >= _TRANSPOSED and image.format != "TIFF":  # Pillow rotates TIFF itself
        height, width = width, height
    return ImageSize((height, width), orientation)


def upright_points(points: np.ndarray, size: ImageSize) -> np.ndarray:
    """Transforms points in the image as stored to the upright image.

    Args:
        points: (n, 2) of x and y in pixels.
        size: Size and orientation of the image.

    Returns:
        (n, 2) of x and y in the upright image.

    Examples:
        >>> upright_points(np.array([[10, 20]]), ImageSize((80, 60), 6)).tolist()
        [[40, 10]]
    """
    height, width = size.stored
    x, y = points[:, 0], points[:, 1]
    columns = {
        1: (x, y),
        2: (width - x, y),
        3: (width - x, height - y),
        4: (x, height - y),
        5: (y, x),
        6: (height - y, x),
        7: (height - y, width - x),
        8: (y, width - x),
    }[size.orientation]
    return np.stack(columns, axis=1)


def upright_boxes(boxes: np.ndarray, size: ImageSize) -> np.ndarray:
    """Transforms boxes in the image as stored to the upright image; swapped corners stay swapped.

    Args:
        boxes: (n, 4 or more) of xmin, ymin, xmax, ymax in pixels; further columns are kept.
        size: Size and orientation of the image.

    Returns:
        The boxes in the upright image.
    """
    first, last = upright_points(boxes[:, :2], size), upright_points(boxes[:, 2:4], size)
    ordered = boxes[:, :2] <= boxes[:, 2:4]
    low, high = np.minimum(first, last), np.maximum(first, last)
    valid = ordered.all(1, keepdims=True)
    return np.concatenate([np.where(valid, low, first), np.where(valid, high, last), boxes[:, 4:]], axis=1)


def upright_mask(mask: np.ndarray, orientation: int) -> np.ndarray:
    """Transforms a mask of the image as stored to the upright image.

    Args:
        mask: (height, width).
        orientation: The EXIF orientation.

    Returns:
        The mask in the upright image.
    """
    if orientation >= _TRANSPOSED:
        mask = mask.T
    if orientation in (2, 3, 6, 7):
        mask = mask[:, ::-1]
    return mask[::-1] if orientation in (3, 4, 7, 8) else mask
