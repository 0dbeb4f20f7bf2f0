"""A look at a table's images, to choose the size and channels to train at, and the scale of their values."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from opsin.core import DataError, Progress, silent

from .decode import header_and_depth, values_of
from .intensity import Intensity, brightest_of, intensity_of
from .table import Images, Table

_TOGETHER = 256
_PLAIN, _FLOAT = "8-bit", "float"


@dataclass(frozen=True)
class ImageStatistics:
    """The median height and width in pixels, if any image has colour, how many were looked at, and if any is deep.

    An image is deep when it has more than 8 bits or floats, so that its values are scaled.
    """

    height: int
    width: int
    colour: bool
    count: int
    deep: bool = False


def image_statistics(table: Table, sample: int = 256) -> ImageStatistics:
    """Reads the headers of up to `sample` images, spread evenly over the table.

    Images that cannot be read are passed over; raises DataError when that is all of them.
    """
    places = np.unique(np.linspace(0, len(table) - 1, min(sample, len(table))).round().astype(int))
    found: list[tuple[int, int, int]] = []
    deep = False
    reason = "there are none"
    for id in table.rows["id"].gather(places):
        try:
            shape, is_deep = header_and_depth(table.images.read(id))
            found.append(shape)
            deep = deep or is_deep
        except DataError as error:
            reason = f"{id} {error}"
    if not found:
        raise DataError(f"{table.origin}: no image could be read; the last: {reason}")
    sizes = np.array(found)
    height, width = (int(value) for value in np.median(sizes[:, :2], axis=0).round())
    return ImageStatistics(height, width, bool(sizes[:, 2].max() > 1), len(found), deep)


def find_intensity(table: Table, progress: Progress = silent) -> tuple[Intensity | None, tuple[str, ...]]:
    """Finds the scale of a data set from the brightest values of its deep training images.

    Looks at every header and decodes the deep images whole, so it is for data sets in which `survey` found one. The
    images that a format gave to "valid" or "test" are left out; where no split is given all images count, for they are
    split after decoding. Images that cannot be read are passed over.

    Args:
        table: The data set.
        progress: Called with the number of images that were looked at.

    Returns:
        The scale, None when no image is deep, and notes on it for people.

    Raises:
        DataError: The images have no common scale, as `intensity_of` says.
    """
    held_out = table.rows["split"].is_in(["valid", "test"]).fill_null(False)
    ids = table.rows["id"].filter(~held_out).to_list() or table.rows["id"].to_list()
    found = list(_brightest_of_each(table.images, ids, progress))
    deep = [(kind, high) for kind, high in found if kind != _PLAIN]
    fractions = [high for kind, high in deep if kind == _FLOAT]
    counts = [high for kind, high in deep if kind != _FLOAT]
    intensity = intensity_of(table.origin, max(fractions, default=None), max(counts, default=None))
    if intensity is None:
        return None, ()
    kinds = {kind for kind, _ in deep}
    name = f"{kinds.pop()} images" if len(kinds) == 1 else "images of more than 8 bits"
    scaled = f"values 0 to {intensity.high:.0f} are {'kept' if intensity.high == 255 else 'scaled to 0 to 255'}"
    plain = len(found) - len(deep)
    mixed = [f"{plain} of {len(found)} images have 8 bits: their values 0 to 255 are kept"] if plain else []
    return intensity, (f"{name}: {scaled}", *mixed)


def _brightest_of_each(images: Images, ids: list[str], progress: Progress) -> Iterator[tuple[str, float]]:
    """The type and brightest value of each image that can be read; those of 8 bits are not decoded."""

    def look(id: str) -> tuple[str, float] | None:
        try:
            content = images.read(id)
            if not header_and_depth(content)[1]:
                return _PLAIN, 255.0
            values = values_of(content)
            colours = values[:, :, :-1] if values.shape[2] in (2, 4) else values
            kind = _FLOAT if values.dtype.kind == "f" else f"{8 * values.dtype.itemsize}-bit"
            return kind, brightest_of(colours)
        except DataError:
            return None

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(ids), _TOGETHER):
            some = ids[start : start + _TOGETHER]
            yield from filter(None, pool.map(look, some))
            progress("reading values", start + len(some), len(ids))
