"""Prediction on large images in overlapping tiles, at the scale that the training images had."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from torch import Tensor

from opsin.core import DataError
from opsin.data import Preprocessing
from opsin.geometry import Placement
from opsin.geometry.tiles import tile_grid
from opsin.tasks import Task

from .provenance import Provenance

MUCH_LARGER = 2.0
"""Ratio to the size of the training images above which an image is cut into tiles by default."""
_TOGETHER = 64
"""Tiles that are computed at a time."""


class TiledModel(Protocol):
    """Attributes of a model that tiling reads."""

    task: Task
    preprocessing: Preprocessing
    provenance: Provenance

    def logits(self, arrays: np.ndarray) -> Tensor:
        """See `Model.logits`."""
        ...


def tile_of(model: TiledModel, size: tuple[int, int], tiles: bool | None) -> tuple[int, int] | None:
    """Returns the (height, width) of the tiles of an image; None when the image is not cut.

    A tile fills the network's input at the scale that the training images had; at one pixel a pixel when their size
    is not known.

    Args:
        model: The model.
        size: (height, width) of the image in pixels.
        tiles: True cuts, False does not. Default: cuts images more than twice as large as the training images.
    """
    if not model.task.output.is_spatial:
        return None
    height, width = model.preprocessing.size[:2]
    usual = model.provenance.image_size
    if tiles is False or (tiles is None and usual is None):
        return None
    scale = 1.0 if usual is None else min(height / usual[0], width / usual[1])
    own = min(height / size[0], width / size[1])
    if tiles is None and own * MUCH_LARGER >= scale:
        return None
    tile = max(1, round(height / scale)), max(1, round(width / scale))
    return None if size[0] <= tile[0] and size[1] <= tile[1] else tile


def check_tiles(task: Task) -> None:
    """Raises DataError when tiles are asked for and the task predicts no boxes or masks."""
    if not task.output.is_spatial:
        raise DataError(
            f"tiles apply to boxes and masks only; this model's task is {task.name}. Fix: leave the tiles out."
        )


def predict_in_tiles(model: TiledModel, image: np.ndarray, tile: tuple[int, int]) -> np.ndarray:
    """Predicts for a large image from overlapping tiles.

    Args:
        model: Model with spatial predictions.
        image: uint8 (height, width, 1 or 3).
        tile: (height, width) of a tile in pixels.

    Returns:
        The prediction in pixels of the image.
    """
    size = (image.shape[0], image.shape[1])
    tiles = tile_grid(size, tile)
    placements = [Placement(part.size, model.preprocessing.size[:2]) for part in tiles]

    def logits() -> Iterator[Tensor]:
        for start in range(0, len(tiles), _TOGETHER):
            parts = [image[one.top : one.bottom, one.left : one.right] for one in tiles[start : start + _TOGETHER]]
            yield from model.logits(np.stack([model.preprocessing.fit(part)[0] for part in parts]))

    return model.task.decode_tiles(logits(), placements, tiles, size)
