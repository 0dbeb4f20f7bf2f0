"""Masks that were drawn on images as stored, before the EXIF orientation is applied."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from opsin.core import DataError

from ...images import FileImages
from ..exif import ImageSize, read_size
from ..scan import count, some

_HEADER_BYTES = 1 << 15
_MARKERS = (b"Exif", b"eXIf")


def stored_orientations(files: FileImages, paths: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Finds the masks that were drawn on the image as stored, by the sizes of images and masks.

    Where the sizes do not show it (half turns, squares), the images where they do decide, when these agree.

    Args:
        files: Reader of the files.
        paths: Path of the mask by id of the image.

    Returns:
        EXIF orientation by id of the images whose masks are to be rotated, and notes.
    """
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        sizes = pool.map(partial(_rotated_size, files), paths)
        rotated = {id: size for id, size in zip(paths, sizes, strict=True) if size is not None}
    votes = {id: _fits_stored(files, paths[id], size) for id, size in rotated.items()}
    shown = set(votes.values()) - {None}
    unclear = [id for id, vote in votes.items() if vote is None]
    stored = [id for id, vote in votes.items() if vote]
    notes: list[str] = []
    if shown == {True}:
        stored += unclear
    elif unclear and shown != {False}:
        notes.append(
            f"{count(unclear, 'image')} rotated by EXIF, masks read on the upright image (no size shows another): "
            f"{some(unclear)}"
        )
    if stored:
        notes.append(
            f"{count(stored, 'mask')} drawn before EXIF rotated the image, rotated accordingly: {some(stored)}"
        )
    return {id: rotated[id].orientation for id in stored}, notes


def _rotated_size(files: FileImages, id: str) -> ImageSize | None:
    """Returns the size of an image with an EXIF orientation; None for others."""
    try:
        start = files.start(id, _HEADER_BYTES)
        if not any(marker in start for marker in _MARKERS):
            return None
        size = read_size(files, id)
    except DataError:
        return None
    return size if size.orientation != 1 else None


def _fits_stored(files: FileImages, mask: str, size: ImageSize) -> bool | None:
    """Returns True when a mask has the stored size only, False when it has the upright size only, None if unclear."""
    if size.stored == size.upright:
        return None
    try:
        own = read_size(files, mask).upright
    except DataError:
        return None
    return own == size.stored if own in (size.stored, size.upright) else None
