"""Writers of predictions behind one protocol; the name of the output selects one."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from opsin.core import OpsinError
from opsin.data import Intensity, is_video
from opsin.tasks import Task

from .annotation_files import CocoFile, YoloFolder
from .folders import MaskFolder, ObjectFolder, ids_of, unique_names
from .inputs import Image
from .prediction import FilePrediction
from .tables import SUFFIXES, TableFile, box_rows, image_rows
from .volume_folder import VolumeFolder


class Writer(Protocol):
    """Writes predictions chunk by chunk."""

    @property
    def errors(self) -> Path:
        """File that lists the images without a prediction, with the reason."""
        ...

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Encodes a chunk, and writes the files that belong to single images.

        Args:
            images: Predictions of a chunk.
        """
        ...

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Writes the output.

        Args:
            chunks: Files with the results of `write_chunk`, in order.
            output: File or folder to write.
        """
        ...


FOLDERS: dict[str, type[YoloFolder | MaskFolder | ObjectFolder]] = {
    "yolo": YoloFolder,
    "masks": MaskFolder,
    "objects": ObjectFolder,
}
"""Writers of folders by their name in a task's `writer_formats`."""


def is_folder(output: str | Path) -> bool:
    """Tells folders from files by name: a folder ends in a slash, exists as a folder, or has no suffix.

    Args:
        output: Name of an output.

    Examples:
        >>> is_folder("out/"), is_folder("out"), is_folder("out.csv")
        (True, True, False)
    """
    path = Path(output)
    return str(output).endswith(("/", os.sep)) or path.is_dir() or not (path.suffix or path.name.startswith("."))


def choose_writer(
    task: Task, images: Sequence[Image], output: str | Path, intensity: Intensity | None = None, model: str = ""
) -> Writer:
    """Selects the writer for a .csv, .jsonl, .parquet, or .json file, or for a folder.

    Args:
        task: Task that was predicted.
        images: All image files.
        output: File or folder to write.
        intensity: Intensity scale of images with more than 8 bits, for overlays.
        model: Fingerprint of the model, for DICOM.

    Raises:
        OpsinError: The task has no writer for this name.
    """
    path, formats, frames = Path(output), task.writer_formats, any(map(is_video, images))
    suffix, folder = path.suffix.lower(), next((name for name in formats if name in FOLDERS), None)
    if frames and suffix not in SUFFIXES:
        raise OpsinError(
            f"cannot write {output} for a video: it lists image files. Expected a name that ends in "
            f"{', '.join(SUFFIXES)}. Fix: --save FOLDER writes the annotated video."
        )
    if folder is not None and is_folder(output):
        return FOLDERS[folder](task, unique_names(ids_of(images)), path, intensity)
    if "volumes" in formats and is_folder(output):
        return VolumeFolder(task, ids_of(images), path, model)
    if suffix == ".json" and suffix in formats:
        return CocoFile(task, ids_of(images), path.with_name(f"{path.stem}.errors.csv"))
    if path.is_dir():
        raise OpsinError(f"cannot write {path}: it is a folder; name a file in it")
    if suffix in SUFFIXES:
        by_box = suffix == ".csv" and "csv-boxes" in formats
        return TableFile((box_rows if by_box else image_rows)(task, frames), suffix, path)
    known = ", ".join(name for name in formats if name.startswith("."))
    more = "" if folder is None and "volumes" not in formats else ", or the name of a folder"
    raise OpsinError(f"cannot write {path.name!r}: expected a name that ends in {known}{more}")
