"""The files that answers can be written to, one contract for all; which one it is, the output's name says."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from opsin.core import OpsinError
from opsin.data import Intensity
from opsin.tasks import Task

from .annotation_files import CocoFile, YoloFolder
from .folders import MaskFolder, ObjectFolder, ids_of, unique_names
from .pipeline import FilePrediction
from .tables import SUFFIXES, TableFile, box_rows, image_rows


class Writer(Protocol):
    """Makes an output of answers, piece by piece."""

    @property
    def errors(self) -> Path:
        """The file that says why an image has no answer."""
        ...

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """What a piece of images adds to the output; files of their own are written at once."""
        ...

    def finalize(self, pieces: Sequence[Path], output: Path) -> None:
        """The output of all pieces, which hold what `keep` gave."""
        ...


FOLDERS: dict[str, type[YoloFolder | MaskFolder | ObjectFolder]] = {
    "yolo": YoloFolder,
    "masks": MaskFolder,
    "objects": ObjectFolder,
}
"""Writers of folders by the name in a task's `writer_formats`."""


def is_folder(output: str | Path) -> bool:
    """Whether a name stands for a folder: it ends in a slash, is one, or has no ending.

    Examples:
        >>> is_folder("out/"), is_folder("out"), is_folder("out.csv")
        (True, True, False)
    """
    path = Path(output)
    return str(output).endswith(("/", os.sep)) or path.is_dir() or not (path.suffix or path.name.startswith("."))


def choose_writer(task: Task, images: Sequence[Path], output: str | Path, intensity: Intensity | None = None) -> Writer:
    """The writer for a .csv, .jsonl, .parquet, .json or folder; OpsinError when the task cannot be written so.

    `intensity` is the scale of more than 8 bits, for overlays.
    """
    path, formats = Path(output), task.writer_formats
    suffix, folder = path.suffix.lower(), next((name for name in formats if name in FOLDERS), None)
    if folder is not None and is_folder(output):
        return FOLDERS[folder](task, unique_names(ids_of(images)), path, intensity)
    if suffix == ".json" and suffix in formats:
        return CocoFile(task, ids_of(images), path.with_name(f"{path.stem}.errors.csv"))
    if path.is_dir():
        raise OpsinError(f"cannot write {path}: it is a folder; name a file in it")
    if suffix in SUFFIXES:
        by_box = suffix == ".csv" and "csv-boxes" in formats
        return TableFile(box_rows(task) if by_box else image_rows(task), suffix, path)
    known = ", ".join(name for name in formats if name.startswith("."))
    more = "" if folder is None else ", or the name of a folder"
    raise OpsinError(f"cannot write {path.name!r}: expected a name that ends in {known}{more}")
