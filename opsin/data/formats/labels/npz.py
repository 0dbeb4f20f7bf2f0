"""Reader of .npz files as of MedMNIST and Keras; sizes are checked in the headers before anything is unpacked."""

import math
import zipfile
from pathlib import Path

import numpy as np

from opsin.core import DataError

from ...table import Table
from ...targets import TargetKind
from .arrays import read_arrays

MAX_BYTES = 16 * 2**30
"""Limit of the unpacked size of all arrays."""

_NAME_PAIRS = (("images", "labels"), ("images", "targets"), ("x", "y"), ("X", "y"))


def read_npz(path: Path, origin: str, kind: TargetKind | None = None) -> Table:
    """Reads `train_images`, `train_labels`, `val_images`, ...; `x_train`, `y_train`, ...; or `images`, `labels`.

    Args:
        path: The file.
        origin: Name of the data set in messages.
        kind: Kind of target; None infers it from the values.

    Returns:
        A table with a row per image.

    Raises:
        DataError: Arrays are missing, do not fit each other, contain Python objects or are too large.
    """
    try:
        names = _checked_names(path, origin)
        pairs = _pairs(names, origin)
        with np.load(path, allow_pickle=False) as file:
            parts = {part: (file[images], file[targets]) for part, (images, targets) in pairs.items()}
    except (ValueError, OSError, zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{origin} cannot be read as an .npz file ({reason}). Expected a file saved by NumPy."
        ) from error
    return read_arrays(parts, origin, kind)


def _pairs(names: list[str], origin: str) -> dict[str, tuple[str, str]]:
    """Returns the names of the arrays of images and targets by part."""
    pairs: dict[str, tuple[str, str]] = {}
    for name in names:
        for images, targets in _NAME_PAIRS:
            words = name.split("_")
            other = "_".join(targets if word == images else word for word in words)
            if images in words and other in names:
                part = "_".join(word for word in words if word != images)
                pairs[part or "image"] = (name, other)
    if not pairs:
        raise DataError(
            f"{origin} holds the arrays {', '.join(names) or '(none)'}. Expected train_images and train_labels "
            "(MedMNIST), x_train and y_train (Keras), or images and labels."
        )
    return pairs


def _checked_names(path: Path, origin: str) -> list[str]:
    """Returns the names of the arrays; DataError unless each is numbers or text of the size that it declares."""
    names: list[str] = []
    total = 0
    with zipfile.ZipFile(path) as file:
        for info in file.infolist():
            if not info.filename.endswith(".npy"):
                continue
            name = info.filename.removesuffix(".npy")
            with file.open(info) as member:
                version = np.lib.format.read_magic(member)
                reader = (
                    np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = reader(member)
                header_bytes = member.tell()
            if dtype.hasobject:
                raise DataError(
                    f"{origin}: the array {name} holds Python objects, which are not loaded. Expected numbers."
                )
            if header_bytes + math.prod(shape) * dtype.itemsize != info.file_size:
                raise DataError(
                    f"{origin}: the array {name} declares {shape} {dtype} but has {info.file_size:,} bytes."
                )
            total += info.file_size
            names.append(name)
    if total > MAX_BYTES:
        raise DataError(f"{origin} unpacks to {total:,} bytes. Expected at most {MAX_BYTES:,}.")
    return names
