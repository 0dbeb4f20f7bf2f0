"""How large the images of a table are as they came, which says where boxes and masks lie in the network's input."""

import numpy as np

from opsin.core import DataError

from .decode import header
from .frame import Frame
from .table import Table


def frames_of(table: Table, size: tuple[int, int]) -> dict[str, Frame]:
    """The frame of every image, by its id, for an input of (height, width) `size`; only headers are looked at.

    An image that cannot be read has none.
    """
    found: dict[str, Frame] = {}
    for id in table.rows["id"].to_list():
        try:
            found[id] = Frame(shape_of(table.images.read(id)), size)
        except DataError:
            continue
    return found


def shape_of(content: bytes | np.ndarray) -> tuple[int, int]:
    """The height and width that an image has when it is decoded whole; DataError when it is none."""
    height, width, _ = header(content)
    return height, width
