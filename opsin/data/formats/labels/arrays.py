"""Images and targets as arrays in memory."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from opsin.core import DataError

from ...images import ArrayImages, ArrayVolumes
from ...samples import Volume
from ...table import Table, make_rows
from ...targets import TargetKind
from ..split_names import split_name
from .targets import parse_targets

_LEAST_SIDE = 8
"""Least side of volumes (n, depth, height, width) that are given without channels."""


def read_arrays(parts: Mapping[str, tuple[Any, Any]], origin: str, kind: TargetKind | None = None) -> Table:
    """Reads images and targets from arrays.

    Args:
        parts: (images, targets) by the name of the part; a part called train, val or test is that split. Images are
            an array (n, height, width[, channels]) or a list of arrays; volumes are an array (n, depth, height,
            width, channels) or a list of `Volume`. Targets are (n,) or (n, 1) classes as text or
            integers, (n, k) of 0 and 1 for labels, or numbers.
        origin: Name of the data set in messages.
        kind: Kind of target; None infers it from the values.

    Returns:
        A table with a row per image; the id of the 18th image of `name` is "name/17".

    Raises:
        DataError: Shapes or values do not fit.
    """
    images: dict[str, np.ndarray | list[Any]] = {}
    targets: list[np.ndarray] = []
    ids: list[str] = []
    splits: list[str | None] = []
    for part, (part_images, part_targets) in parts.items():
        name = split_name(part) or part
        images[name] = _images(part_images, part, origin)
        column = np.asarray(part_targets)
        column = column[:, None] if column.ndim == 1 else column
        if column.ndim != 2 or column.shape[1] == 0 or len(column) != len(images[name]):
            raise DataError(
                f"{origin}: {part} has {len(images[name])} images and targets of shape {np.shape(part_targets)}. "
                "Expected one target, or one row of targets, for each image."
            )
        targets.append(column)
        ids += [f"{name}/{row}" for row in range(len(column))]
        splits += [split_name(part)] * len(column)
    if not ids:
        raise DataError(f"{origin}: the arrays are empty. Expected at least two images.")
    if len({column.shape[1] for column in targets}) > 1:
        raise DataError(f"{origin}: the parts have different numbers of targets per image. Expected the same number.")
    count = targets[0].shape[1]
    names = ["label"] if count == 1 and not any(column.dtype.kind == "f" for column in targets) else None
    names = names or (["target"] if count == 1 else [str(index) for index in range(count)])
    cells = {name: [cell for column in targets for cell in column[:, at].tolist()] for at, name in enumerate(names)}
    parsed = parse_targets(cells, origin, kind)
    rows = make_rows(ids, parsed.values, kind=parsed.target.kind, splits=splits)
    source = ArrayVolumes(images) if _are_volumes(images, origin) else ArrayImages(images)
    return Table(rows, source, parsed.target, origin, parsed.notes)


def _images(images: Any, part: str, origin: str) -> np.ndarray | list[Any]:
    if isinstance(images, (list, tuple)):
        return list(cast("list[Any]", images))
    array = np.asarray(images)
    if array.ndim in (3, 5) or (array.ndim == 4 and (array.shape[3] in (1, 3, 4) or array.shape[1] in (1, 3, 4))):
        return array
    if array.ndim == 4 and min(array.shape[1:]) >= _LEAST_SIDE:
        return array[..., None]  # volumes of one channel, as of MedMNIST
    raise DataError(
        f"{origin}: the images of {part} have the shape {array.shape}. Expected (n, height, width) or "
        "(n, height, width, 1, 3 or 4), or (n, depth, height, width[, channels])."
    )


def _are_volumes(parts: Mapping[str, np.ndarray | list[Any]], origin: str) -> bool:
    """Returns True for volumes, False for images; raises DataError where there are both."""
    found = {np.ndim(one) == 4 or isinstance(one, Volume) for images in parts.values() for one in images[:1]}
    if len(found) > 1:
        raise DataError(f"{origin}: some parts are images and others volumes. Expected one kind.")
    return found == {True}
