"""Pictures and videos with their predictions drawn on them, in a folder."""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from opsin.core import DataError, OpsinError, write_bytes
from opsin.data import VideoReader
from opsin.drawing.caption import caption_picture
from opsin.model import Model
from opsin.model.inputs import read_image
from opsin.tasks import Task

from .folders import ids_of, unique_names
from .inputs import Chunk, FrameRange, Image, content_of
from .prediction import FilePrediction

QUALITY, SEGMENT_QUALITY = 90, 95
CODEC, SEGMENT_CODEC = "mp4v", "MJPG"


class AnnotatedFolder:
    """Folder with an annotated picture (.jpg) for each image and an annotated video (.mp4) for each video.

    A video is written in segments, one for each part of it that is predicted, and joined at the end, so that an
    interrupted prediction continues.

    Args:
        model: Model that predicts.
        images: All inputs.
        folder: Folder to write to.
    """

    def __init__(self, model: Model, images: Sequence[Image], folder: str | Path) -> None:
        self._model, self._folder = model, Path(folder)
        if model.preprocessing.in_patches:
            raise OpsinError("volumes are not drawn. Expected images or videos. Fix: -o FOLDER/ writes NIfTI masks.")
        if self._folder.is_file():
            raise OpsinError(f"cannot write {folder}: it is a file. Expected the name of a folder.")
        self._names = unique_names(ids_of(images))

    def has(self, chunk: Chunk) -> bool:
        """Returns True if the pictures of a chunk, or the segment of this part of a video, are written."""
        if isinstance(chunk, FrameRange):
            return self._video(chunk.path).is_file() or self._segment(chunk).is_file()
        return all(self._picture(image).is_file() for image in chunk)

    def drawn(self, chunk: Chunk, predictions: Iterable[FilePrediction]) -> Iterator[FilePrediction]:
        """Draws each prediction of a chunk and yields it unchanged."""
        if not isinstance(chunk, FrameRange):
            for one in predictions:
                if one.prediction is not None:
                    self._draw(one)
                yield one
            return
        self._video(chunk.path).unlink(missing_ok=True)  # of an earlier prediction
        with VideoWriter(self._segment(chunk), SEGMENT_CODEC, self._rate(chunk.path)) as writer:
            for one in predictions:
                if one.prediction is not None and one.pixels is not None:
                    writer.add(annotate(self._model.task, one.pixels, one.prediction))
                yield one

    def finish(self, chunks: Sequence[Chunk]) -> None:
        """Joins the segments of each video and removes them."""
        for path in dict.fromkeys(chunk.path for chunk in chunks if isinstance(chunk, FrameRange)):
            segments = [
                self._segment(chunk) for chunk in chunks if isinstance(chunk, FrameRange) and chunk.path == path
            ]
            there = [segment for segment in segments if segment.is_file()]
            if there:
                with VideoWriter(self._video(path), CODEC, self._rate(path)) as writer:
                    for segment in there:
                        for frame in VideoReader(segment).frames():
                            writer.add(frame.pixels)
            for segment in there:
                segment.unlink()
            if there and not any(there[0].parent.iterdir()):
                there[0].parent.rmdir()

    def _draw(self, one: FilePrediction) -> None:
        try:
            pixels = read_image(content_of(one.path), None, self._model.preprocessing.intensity)
        except DataError:  # deleted since the prediction
            return
        buffer = io.BytesIO()
        picture = annotate(self._model.task, pixels, one.prediction)
        Picture.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
        write_bytes(self._picture(one.path), buffer.getvalue())

    def _picture(self, image: Image) -> Path:
        return (self._folder / self._names[image]).with_suffix(".jpg")

    def _video(self, path: Path) -> Path:
        return (self._folder / self._names[path]).with_suffix(".mp4")

    def _segment(self, part: FrameRange) -> Path:
        video = self._video(part.path)
        return video.with_name(f".{video.name}.parts") / f"{part.start:08}.avi"

    def _rate(self, path: Path) -> float:
        try:
            reader = VideoReader(path)
        except DataError:
            return 25.0
        reader.close()
        return reader.frames_per_second


def annotate(task: Task, pixels: np.ndarray, prediction: Any) -> np.ndarray:
    """Draws a prediction on its image: boxes and masks in place, other predictions as a line of text above it.

    Args:
        task: Task that was predicted.
        pixels: uint8 (height, width, 1 or 3).
        prediction: One prediction in pixels of the image.

    Returns:
        uint8 (height, width, 3).
    """
    if task.output.is_spatial:
        return task.overlay(pixels, prediction)
    (row,) = task.to_records(np.asarray(prediction)[None])
    if "label" in row and "confidence" in row:
        return caption_picture(pixels, f"{row['label']} {row['confidence']:.0%}")
    labels = row.get("labels")
    values = ", ".join(f"{name} {row[name]:.4g}" for name in task.names if name in row)
    return caption_picture(pixels, values if labels is None else str(labels) or "no label")


class VideoWriter:
    """Writer of a video file that appears when it is complete."""

    def __init__(self, path: Path, codec: str, rate: float) -> None:
        self._path, self._codec, self._rate = path, codec, rate
        self._writer: Any = None

    def __enter__(self) -> "VideoWriter":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._part = self._path.with_name(f".part-{os.getpid()}-{self._path.name}")
        return self

    def add(self, pixels: np.ndarray) -> None:
        """Appends a frame, uint8 (height, width, 3) RGB; the first one sets the size."""
        import cv2

        if self._writer is None:
            height, width = (side // 2 * 2 for side in pixels.shape[:2])  # encoders want even sides
            self._size = width, height
            code = cv2.VideoWriter.fourcc(*self._codec)
            self._writer = cv2.VideoWriter(str(self._part), code, self._rate, self._size)
            self._writer.set(cv2.VIDEOWRITER_PROP_QUALITY, SEGMENT_QUALITY)
            if not self._writer.isOpened():
                raise OpsinError(f"could not write {self._path}: OpenCV has no encoder for it. Fix: omit --save.")
        width, height = self._size
        frame = np.ascontiguousarray(pixels[:height, :width, ::-1])
        self._writer.write(frame)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._writer is not None:
            self._writer.release()
            if kind is None:
                os.replace(self._part, self._path)
        self._part.unlink(missing_ok=True)
