"""Answers as annotations of the field's formats: COCO json, and the labels of YOLO."""

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.data.writers.coco import write_coco
from opsin.data.writers.yolo import write_yolo
from opsin.tasks import Task

from .folders import Folder, write_errors
from .pipeline import FilePrediction, path_text


@dataclass(frozen=True)
class CocoFile:
    """A .json of images, categories and annotations; beside it `.errors.csv` when an image had no answer."""

    task: Task
    ids: Mapping[Path, str]
    errors: Path

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """The answers themselves."""
        return pack(images)

    def finalize(self, pieces: Sequence[Path], output: Path) -> None:
        """All annotations as one file."""
        found = StoredPredictions(self.task, self.ids, pieces)
        write_coco(output, self.task.object_names, found.annotations())
        write_errors(self.errors, found.errors())


@dataclass(frozen=True)
class YoloFolder(Folder):
    """`data.yaml`, `labels/*.txt` and `pictures/*.jpg` with the boxes drawn."""

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """The answers themselves, once the pictures are there."""
        return pack(self._drawn(images))

    def finalize(self, pieces: Sequence[Path], output: Path) -> None:
        """The labels of all images."""
        found = StoredPredictions(self.task, self.ids, pieces)
        write_yolo(output, self.task.object_names, found.annotations())
        write_errors(self.errors, found.errors())

    def _drawn(self, images: Iterable[FilePrediction]) -> Iterator[FilePrediction]:
        for one in images:
            if one.prediction is not None:
                self.draw("pictures", one)
            yield one


def pack(images: Iterable[FilePrediction]) -> bytes:
    """Answers as a zip of arrays and of what is known about each, which no code is needed to read."""
    buffer, known = io.BytesIO(), list[dict[str, object]]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, one in enumerate(images):
            known.append({"path": path_text(one.path), "size": one.size, "error": one.error})
            if one.prediction is not None:
                with archive.open(f"{number}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, one.prediction, allow_pickle=False)
        archive.writestr("known.json", json.dumps(known))
    return buffer.getvalue()


@dataclass(frozen=True)
class StoredPredictions:
    """The answers of packed pieces, one in memory at a time."""

    task: Task
    ids: Mapping[Path, str]
    pieces: Sequence[Path]

    def annotations(self) -> Iterator[AnnotatedImage]:
        """The objects of every image that has an answer."""
        names = {path_text(path): id for path, id in self.ids.items()}
        for piece in self.pieces:
            with zipfile.ZipFile(piece) as archive:
                for number, one in enumerate(json.loads(archive.read("known.json"))):
                    if one["error"] is None:
                        with archive.open(f"{number}.npy") as file:
                            answer = np.lib.format.read_array(file, allow_pickle=False)
                        yield self.task.to_annotations(names[one["path"]], answer, tuple(one["size"]))

    def errors(self) -> Iterator[tuple[str, str]]:
        """Path and error of every image that has none."""
        for piece in self.pieces:
            with zipfile.ZipFile(piece) as archive:
                for one in json.loads(archive.read("known.json")):
                    if one["error"] is not None:
                        yield one["path"], one["error"]
