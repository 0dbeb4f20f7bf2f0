"""Sizes of all images of a table, read from the headers of their files."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from opsin.core import DataError, Progress, silent

from .decode import header_and_depth
from .images import FileImages
from .samples import Volume, image_of
from .table import Images, Table

_START_BYTES = 2**16
_CHUNK = 256


@dataclass(frozen=True, eq=False)
class Headers:
    """Sizes of the samples of a table.

    Attributes:
        shapes: (height, width, channels), or (depth, height, width, channels), of each sample with a readable header.
        deep: Number of images with more than 8 bits, or of floats.
        errors: One line for each sample that cannot be read.
    """

    shapes: tuple[tuple[int, ...], ...]
    deep: int
    errors: tuple[str, ...]

    def describe(self) -> str:
        """Returns smallest, median and largest size, and the kinds of pixels, as text.

        Examples:
            >>> Headers(((24, 32, 3), (48, 64, 3)), 0, ()).describe()
            '32x24 to 64x48 pixels (median 48x36), colour'
        """
        if not self.shapes:
            return "no image can be read"
        sizes = np.array([shape[:-1] for shape in self.shapes])
        area = sizes.astype(np.int64).prod(1)
        small, large = _size(sizes[area.argmin()]), _size(sizes[area.argmax()])
        unit = "pixels" if sizes.shape[1] == 2 else "voxels"
        text = f"{small} {unit}"
        if (sizes != sizes[0]).any():
            text = f"{small} to {large} {unit} (median {_size(np.median(sizes, 0).round().astype(int))})"
        channels = Counter(shape[-1] for shape in self.shapes)
        names = {1: "grey", 3: "colour"}
        kinds = [names.get(count, f"{count} channels") for count in sorted(channels)]
        if len(kinds) > 1:
            kinds = [f"{channels[count]:,} {kind}" for count, kind in zip(sorted(channels), kinds, strict=True)]
        deep = [f"{self.deep:,} with more than 8 bits" if self.deep < len(self.shapes) else "more than 8 bits"]
        return ", ".join([text, " and ".join(kinds), *(deep if self.deep else [])])


def read_headers(table: Table, progress: Progress = silent) -> Headers:
    """Reads the headers of all samples of a table.

    Args:
        table: The samples.
        progress: Called with the number of samples that were read.

    Returns:
        Their sizes. A damaged image with an intact header is not noticed.
    """
    ids = table.rows["id"].to_list()
    shapes: list[tuple[int, ...]] = []
    deep, errors = 0, list[str]()
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(ids), _CHUNK):
            chunk = ids[start : start + _CHUNK]
            for found in pool.map(partial(_header, table.images), chunk):
                if isinstance(found, str):
                    errors.append(found)
                else:
                    shapes.append(found[0])
                    deep += found[1]
            progress("reading headers", start + len(chunk), len(ids))
    return Headers(tuple(shapes), deep, tuple(errors))


def _header(images: Images, id: str) -> tuple[tuple[int, ...], bool] | str:
    """Returns shape and depth of a sample, or the reason why it cannot be read."""
    if isinstance(images, FileImages):
        with suppress(DataError):  # the start of the file suffices for most
            return header_and_depth(images.start(id, _START_BYTES))
    try:
        content = images.read(id)
        if isinstance(content, Volume):
            return (*content.shape, content.array.shape[3]), False
        return header_and_depth(image_of(content))
    except DataError as error:
        return f"{id} {error}"


def _size(sides: np.ndarray) -> str:
    """Returns a size as text: width x height, or depth x height x width."""
    return "x".join(map(str, sides[::-1] if len(sides) == 2 else sides))
