"""Large images in tiles at the scale of training, so that what is small in them is as large as the network knows it."""

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from opsin.core import DataError
from opsin.geometry import Placement
from opsin.geometry.tiles import tile_grid
from opsin.tasks import Task
from opsin.tasks.spatial import SpatialTask

if TYPE_CHECKING:
    from .model import Model

MUCH_LARGER = 2.0
"""How many times larger than the training images an image is cut into tiles from, when nobody says."""
IMAGE_SIZE = "image_size"
"""Where a model's `about` has the usual (height, width) of its training images."""
_TOGETHER = 64


def tile_of(model: "Model", size: tuple[int, int], tiles: bool | None) -> tuple[int, int] | None:
    """The (height, width) of tiles for an image of (height, width) `size`; None to look at it at once.

    A tile is as large as fills the network's input at the scale that training images had in it; at one pixel a pixel
    when the model does not know how large these were. `tiles` None cuts images that are more than twice as large as
    the training images.
    """
    if model.task.places == "none":
        return None
    height, width = model.preprocessing.size[:2]
    usual = _usual(model)
    if tiles is False or (tiles is None and usual is None):
        return None
    scale = 1.0 if usual is None else min(height / usual[0], width / usual[1])
    own = min(height / size[0], width / size[1])
    if tiles is None and own * MUCH_LARGER >= scale:
        return None
    tile = max(1, round(height / scale)), max(1, round(width / scale))
    return None if size[0] <= tile[0] and size[1] <= tile[1] else tile


def check_tiles(task: Task, tiles: bool | None) -> None:
    """Raises DataError when tiles are asked for and answers are no places."""
    if tiles and not isinstance(task, SpatialTask):
        raise DataError("tiles are asked for, but this model tells no boxes or masks; leave them out")


def predict_in_tiles(model: "Model", picture: np.ndarray, tile: tuple[int, int]) -> np.ndarray:
    """The answer for uint8 (height, width, 1 or 3), in its pixels, from tiles of (height, width) that overlap."""
    task = cast("SpatialTask", model.task)
    size = (picture.shape[0], picture.shape[1])
    windows, answers = tile_grid(size, tile), list[np.ndarray]()
    for start in range(0, len(windows), _TOGETHER):
        some = windows[start : start + _TOGETHER]
        parts = [picture[part.top : part.bottom, part.left : part.right] for part in some]
        predictions = model.predict_batch(np.stack([model.preprocessing.fit(part) for part in parts]))
        answers += list(
            model.task.full(predictions, [Placement(part.size, model.preprocessing.size[:2]) for part in some])
        )
    return task.merge_tiles(answers, windows, size)


def _usual(model: "Model") -> tuple[float, float] | None:
    """How large the training images were; a model file may say anything."""
    found: Any = model.provenance.get(IMAGE_SIZE)
    if not isinstance(found, list | tuple):
        return None
    sides = [side for side in cast("list[Any]", found) if type(side) in (int, float) and 1 <= side < 1e9]
    return (float(sides[0]), float(sides[1])) if len(sides) == 2 else None
