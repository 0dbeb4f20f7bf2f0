"""Prediction on large images in overlapping tiles, at the scale that the training images had."""

from typing import TYPE_CHECKING, cast

import numpy as np

from opsin.core import DataError
from opsin.geometry import Placement
from opsin.geometry.tiles import tile_grid
from opsin.tasks import Task
from opsin.tasks.spatial import SpatialTask

if TYPE_CHECKING:
    from .model import Model

MUCH_LARGER = 2.0
"""Ratio to the size of the training images above which an image is cut into tiles by default."""
_TOGETHER = 64
"""Tiles that are computed at a time."""


def tile_of(model: "Model", size: tuple[int, int], tiles: bool | None) -> tuple[int, int] | None:
    """Returns the (height, width) of the tiles of an image; None when the image is not cut.

    A tile fills the network's input at the scale that the training images had; at one pixel a pixel when their size
    is not known.

    Args:
        model: The model.
        size: (height, width) of the image in pixels.
        tiles: True cuts, False does not. Default: cuts images more than twice as large as the training images.
    """
    if model.task.places == "none":
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


def check_tiles(task: Task, tiles: bool | None) -> None:
    """Raises DataError when tiles are asked for and the task predicts no boxes or masks."""
    if tiles and not isinstance(task, SpatialTask):
        raise DataError(
            f"tiles apply to boxes and masks only; this model's task is {task.name}. Fix: leave the tiles out."
        )


def predict_in_tiles(model: "Model", picture: np.ndarray, tile: tuple[int, int]) -> np.ndarray:
    """Predicts on one image in overlapping tiles.

    Args:
        model: A model with a spatial task.
        picture: uint8 (height, width, 1 or 3).
        tile: (height, width) of a tile in pixels.

    Returns:
        The prediction in pixels of the image.
    """
    task = cast("SpatialTask", model.task)
    size = (picture.shape[0], picture.shape[1])
    grid, predictions = tile_grid(size, tile), list[np.ndarray]()
    for start in range(0, len(grid), _TOGETHER):
        some = grid[start : start + _TOGETHER]
        parts = [picture[part.top : part.bottom, part.left : part.right] for part in some]
        batch = model.predict_batch(np.stack([model.preprocessing.fit(part)[0] for part in parts]))
        placements = [Placement(part.size, model.preprocessing.size[:2]) for part in some]
        predictions += list(model.task.full(batch, placements))
    return task.merge_tiles(predictions, grid, size)
