"""Images and volumes as callers give them: paths, bytes, PIL images, arrays, volumes and faces."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from opsin.core import DataError
from opsin.data import (
    URL_SCHEMES,
    Content,
    Face,
    Frame,
    Intensity,
    VideoReader,
    Volume,
    as_pixels,
    decode,
    fetch_image,
    read_study,
)

_MOST_FRAMES = 16


def read_image(image: Any, at_least: tuple[int, int] | None, intensity: Intensity | None = None) -> np.ndarray:
    """Reads an image.

    Args:
        image: Path, encoded bytes, PIL image or array.
        at_least: (height, width) down to which a JPEG may be decoded at a smaller size. None: original size.
        intensity: Scale of images of more than 8 bits, that of the training images.

    Returns:
        uint8 (height, width, 1 or 3).

    Raises:
        DataError: The image cannot be read; the message begins with the verb.
    """
    if isinstance(image, bytes):
        return decode(image, at_least=at_least, intensity=intensity)
    if isinstance(image, str | Path):
        try:
            return decode(Path(image).read_bytes(), at_least=at_least, intensity=intensity)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise DataError(f"cannot be read: {reason}. Expected an image file.") from error
        except MemoryError as error:
            raise DataError("is too large for the memory of this machine") from error
    try:
        return as_pixels(image if isinstance(image, Image.Image) else np.asarray(image), intensity)
    except OSError as error:  # of an image that Pillow opened but did not read to its end
        raise DataError(f"is cut short or damaged ({' '.join(str(error).split())})") from error


def read_content(image: Any) -> Content:
    """Reads a sample as `Preprocessing.decode` takes it.

    Args:
        image: Path, encoded bytes, PIL image, array, volume or face.

    Raises:
        DataError: A file cannot be read; the message begins with the verb.
    """
    if isinstance(image, bytes | Volume | Face):
        return image
    if isinstance(image, str | Path):
        try:
            return Path(image).read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            reason = (getattr(error, "strerror", None) or str(error)).lower()
            raise DataError(f"cannot be read: {reason}. Expected a file.") from error
    return as_pixels(image) if isinstance(image, Image.Image) else np.asarray(image)


def read_volume(image: Any) -> Volume:
    """Reads a volume.

    Args:
        image: Path of a NIfTI file or of a DICOM folder, a volume, or an array (depth, height, width[, channels]).

    Raises:
        DataError: It cannot be read, or is no volume; the message begins with the verb.
    """
    if isinstance(image, str | Path):
        try:
            return read_study(image)
        except DataError as error:
            raise DataError(str(error).removeprefix(f"{image} ")) from error
    if isinstance(image, Volume):
        return image
    if isinstance(image, bytes | Face | Image.Image):
        raise DataError("is an image. Expected a volume, such as a NIfTI file or a DICOM folder.")
    return Volume(np.asarray(image))


def as_list(images: Any, axes: int = 2) -> list[Any]:
    """Returns one sample or many as a list; an array is many when it has an axis more than one with channels.

    Args:
        images: One or many samples, or an http(s) URL, which is fetched; a URL in a list is not.
        axes: Number of spatial axes of a sample: 2 for images, 3 for volumes.

    Raises:
        DataError: It is neither an image nor iterable.
    """
    if isinstance(images, str) and images.lower().startswith(URL_SCHEMES):
        return [fetch_image(images)]
    if isinstance(images, str | Path | bytes | Image.Image | Volume | Face):
        return [images]
    if hasattr(images, "__array__"):
        array = np.asarray(images)
        return list(array) if array.ndim == axes + 2 else [array]
    if not isinstance(images, Iterable):
        raise DataError(f"images have the type {type(images).__name__}. Expected paths, bytes, PIL images or arrays.")
    return list(cast("Iterable[Any]", images))


def frame_batches(path: str | Path) -> Iterator[list[Frame]]:
    """Yields the frames of a video, up to 16 at a time.

    Args:
        path: Video file.

    Raises:
        DataError: The video cannot be read.
    """
    try:
        with closing(VideoReader(path)) as reader:
            frames = reader.frames()
            while some := list(islice(frames, _MOST_FRAMES)):
                yield some
    except DataError as error:
        raise DataError(f"{path} {error}") from error
