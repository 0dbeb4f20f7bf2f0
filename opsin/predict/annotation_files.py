"""Predictions as annotations: COCO JSON and YOLO labels."""

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
from .inputs import Image, name_of
from .prediction import FilePrediction


@dataclass(frozen=True)
class CocoFile:
    """Writer of a COCO .json file, and of `<name>.errors.csv` if an image cannot be read."""

    task: Task
    ids: Mapping[Image, str]
    errors: Path

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Packs the predictions of a chunk.

        Args:
            images: Predictions of a chunk.
        """
        return pack(images)

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Writes all annotations as one file.

        Args:
            chunks: Packed chunks.
            output: COCO file to write.
        """
        found = StoredPredictions(self.task, self.ids, chunks)
        write_coco(output, self.task.object_names, found.annotations())
        write_errors(self.errors, found.errors())


@dataclass(frozen=True)
class YoloFolder(Folder):
    """Writer of `data.yaml`, `labels/*.txt`, and `pictures/*.jpg` with the boxes drawn."""

    def write_chunk(self, images: Iterable[FilePrediction]) -> bytes:
        """Draws the boxes on the images and packs the predictions of a chunk.

        Args:
            images: Predictions of a chunk.
        """
        return pack(self._drawn(images))

    def finalize(self, chunks: Sequence[Path], output: Path) -> None:
        """Writes the labels of all images.

        Args:
            chunks: Packed chunks.
            output: Folder to write to.
        """
        found = StoredPredictions(self.task, self.ids, chunks)
        write_yolo(output, self.task.object_names, found.annotations())
        write_errors(self.errors, found.errors())

    def _drawn(self, images: Iterable[FilePrediction]) -> Iterator[FilePrediction]:
        for one in images:
            if one.prediction is not None:
                self.draw("pictures", one)
            yield one


def pack(images: Iterable[FilePrediction]) -> bytes:
    """Packs predictions as a zip archive of NumPy arrays and a JSON index, without pickle.

    Args:
        images: Predictions of a chunk.
    """
    buffer, index = io.BytesIO(), list[dict[str, object]]()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, one in enumerate(images):
            index.append({"path": name_of(one.path), "size": one.size, "error": one.error})
            if one.prediction is not None:
                with archive.open(f"{number}.npy", "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, one.prediction, allow_pickle=False)
        archive.writestr("index.json", json.dumps(index))
    return buffer.getvalue()


@dataclass(frozen=True)
class StoredPredictions:
    """Predictions in packed chunks, with one in memory at a time."""

    task: Task
    ids: Mapping[Image, str]
    chunks: Sequence[Path]

    def annotations(self) -> Iterator[AnnotatedImage]:
        """Annotations of every image that has a prediction."""
        names = {name_of(path): id for path, id in self.ids.items()}
        for chunk in self.chunks:
            with zipfile.ZipFile(chunk) as archive:
                for number, one in enumerate(json.loads(archive.read("index.json"))):
                    if one["error"] is None:
                        with archive.open(f"{number}.npy") as file:
                            prediction = np.lib.format.read_array(file, allow_pickle=False)
                        yield self.task.to_annotations(names[one["path"]], prediction, tuple(one["size"]))

    def errors(self) -> Iterator[tuple[str, str]]:
        """Path and error of every image that has no prediction."""
        for chunk in self.chunks:
            with zipfile.ZipFile(chunk) as archive:
                for one in json.loads(archive.read("index.json")):
                    if one["error"] is not None:
                        yield one["path"], one["error"]
