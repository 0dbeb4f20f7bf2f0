"""A look at a sample of a table's images, to choose the size and channels to train at."""

from dataclasses import dataclass

import numpy as np

from opsin.core import DataError

from .decode import as_pixels, header
from .table import Table


@dataclass(frozen=True)
class Survey:
    """The median height and width in pixels, whether any image has colour, and how many were looked at."""

    height: int
    width: int
    colour: bool
    count: int


def survey(table: Table, sample: int = 256) -> Survey:
    """Reads the headers of up to `sample` images, spread evenly over the table.

    Images that cannot be read are passed over; raises DataError when that is all of them.
    """
    places = np.unique(np.linspace(0, len(table) - 1, min(sample, len(table))).round().astype(int))
    found: list[tuple[int, int, int]] = []
    reason = "there are none"
    for id in table.rows["id"].gather(places):
        try:
            content = table.images.read(id)
            found.append(header(content) if isinstance(content, bytes) else _shape(content))
        except DataError as error:
            reason = f"{id} {error}"
    if not found:
        raise DataError(f"{table.origin}: no image could be read; the last: {reason}")
    sizes = np.array(found)
    height, width = (int(value) for value in np.median(sizes[:, :2], axis=0).round())
    return Survey(height, width, bool(sizes[:, 2].max() > 1), len(found))


def _shape(array: np.ndarray) -> tuple[int, int, int]:
    height, width, channels = as_pixels(array).shape
    return height, width, channels
