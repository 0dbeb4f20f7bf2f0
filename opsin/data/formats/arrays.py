"""Arrays: (images, targets) in memory, or a MedMNIST or Keras style .npz file."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError

from ..sources import ArrayImages
from ..table import Kind, Table, Target, make_rows
from .names import in_order, split_name
from .scan import count

MAX_NPZ_BYTES = 16 * 2**30
"""How much an .npz may unpack to; checked in its directory and headers before anything is unpacked."""


def read_npz(path: Path, origin: str, task: str | None = None) -> Table:
    """`train_images`, `train_labels`, `val_images`, ... (MedMNIST); `x_train`, `y_train`, ... (Keras); `images`, `labels`.

    Raises DataError when the arrays are missing, do not fit each other, hold Python objects or are too large.
    """
    sizes = _bounded(path, origin)
    try:
        with np.load(path, allow_pickle=False) as file:
            pairs = _pairs(list(sizes), origin)
            parts = {name: (file[images], file[targets]) for name, (images, targets) in pairs.items()}
    except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise DataError(f"{origin} cannot be read as an .npz file: {error}") from error
    return read_arrays(parts, origin, task)


def read_arrays(parts: Mapping[str, tuple[Any, Any]], origin: str, task: str | None = None) -> Table:
    """A row per image of each part (images, targets); a part called train, val or test is that split.

    Images are an array (n, height, width[, channels]) or a list of arrays; targets n classes (text or whole
    numbers), (n, 1) of them, (n, k) of 0 and 1 for labels, or numbers.
    """
    images: dict[str, np.ndarray | list[np.ndarray]] = {}
    targets: list[np.ndarray] = []
    ids: list[str] = []
    splits: list[str | None] = []
    for part, (some_images, some_targets) in parts.items():
        name = split_name(part) or part
        images[name] = _images(some_images, part, origin)
        column = np.asarray(some_targets)
        if column.ndim == 2 and column.shape[1] == 1:
            column = column[:, 0]
        if column.ndim not in (1, 2) or len(column) != len(images[name]):
            raise DataError(
                f"{origin}: {part} has {len(images[name])} images and targets of shape {column.shape}; "
                "expected one target, or one row of targets, for each image"
            )
        targets.append(column)
        ids += [f"{name}/{row}" for row in range(len(column))]
        splits += [split_name(part)] * len(column)
    if not ids:
        raise DataError(f"{origin}: the arrays are empty; expected at least two images")
    together = np.concatenate(targets)
    kind, names, values, note = _understood(together, origin, task)
    rows = make_rows(ids, values, kind=kind, splits=splits)
    return Table(rows, ArrayImages(images), Target(kind, names), origin, (note,))


def _images(images: Any, part: str, origin: str) -> "np.ndarray | list[np.ndarray]":
    if isinstance(images, (list, tuple)):
        return [np.asarray(image) for image in images]  # pyright: ignore[reportUnknownVariableType]
    array = np.asarray(images)
    if array.ndim not in (3, 4):
        raise DataError(
            f"{origin}: the images of {part} have the shape {array.shape}; expected (n, height, width) or "
            "(n, height, width, channels)"
        )
    return array


def _understood(values: np.ndarray, origin: str, task: str | None) -> tuple[Kind, tuple[str, ...], Sequence[Any], str]:
    if values.dtype.kind == "O":
        raise DataError(f"{origin}: the targets hold Python objects; expected text or numbers")
    if values.ndim == 2:
        width = values.shape[1]
        names = tuple(str(index) for index in range(width))
        return "labels", names, values.astype(np.float64).tolist(), f"{width} columns of 0 and 1: several labels"
    names = in_order(str(value) for value in values.tolist())
    place = {name: index for index, name in enumerate(names)}
    codes = [place[str(value)] for value in values.tolist()]
    return "classes", names, codes, f"{count(names, 'distinct target')}: classes"


def _pairs(names: list[str], origin: str) -> dict[str, tuple[str, str]]:
    """Part -> (its images, its targets), by name."""
    pairs: dict[str, tuple[str, str]] = {}
    for name in names:
        for images, targets in (("images", "labels"), ("x", "y"), ("images", "targets")):
            pieces = name.split("_")
            if images in pieces:
                other = "_".join(targets if piece == images else piece for piece in pieces)
                part = "_".join(piece for piece in pieces if piece != images)
                if other in names:
                    pairs[part or "image"] = (name, other)
    if not pairs:
        raise DataError(
            f"{origin} holds the arrays {', '.join(names)}; expected train_images and train_labels (MedMNIST), x_train "
            "and y_train, or images and labels"
        )
    return pairs


def _bounded(path: Path, origin: str) -> dict[str, int]:
    """Array name -> unpacked bytes, from the directory of the file alone."""
    try:
        with zipfile.ZipFile(path) as file:
            sizes = {info.filename.removesuffix(".npy"): info.file_size for info in file.infolist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{origin} cannot be read as an .npz file: {error}") from error
    if sum(sizes.values()) > MAX_NPZ_BYTES:
        raise DataError(f"{origin} unpacks to {sum(sizes.values()):,} bytes; expected at most {MAX_NPZ_BYTES:,}")
    return sizes
