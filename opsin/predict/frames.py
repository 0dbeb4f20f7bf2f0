"""Predictions for the frames of videos, with a few frames in memory at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from math import prod

from opsin.core import DataError
from opsin.data import Frame, VideoReader
from opsin.model import Model

from .inputs import FrameRange
from .prediction import FilePrediction

MAX_TOGETHER, MAX_BYTES = 16, 2**26
"""Maximum number of frames, and of their bytes, that are predicted together."""


class FramePredictor:
    """Predicts on parts of videos, in order; a video stays open from one part to the next.

    Args:
        model: Model that predicts.
        pool: Thread that decodes the next frames at the same time.
        tiles: As in `predict_files`.
    """

    def __init__(self, model: Model, pool: ThreadPoolExecutor, tiles: bool | None) -> None:
        self._model, self._pool, self._tiles = model, pool, tiles
        self._reader: VideoReader | None = None

    def predictions(self, part: FrameRange) -> Iterator[FilePrediction]:
        """Yields one prediction per frame, and one with an error if the video cannot be read to its end."""
        try:
            reader = self._open(part)
            frames = reader.frames(part.start, part.stop)
            first = next(frames, None)
            if first is None:
                return
            together = max(1, min(MAX_TOGETHER, MAX_BYTES // prod(first.pixels.shape)))
            some = [first, *islice(frames, together - 1)]
            while some:
                ahead = self._pool.submit(lambda: list(islice(frames, together)))
                yield from self._predict(part, some)
                some = ahead.result()
        except DataError as error:
            yield FilePrediction(part.path, error=" ".join(str(error).split()))

    def close(self) -> None:
        """Closes the open video."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self, part: FrameRange) -> VideoReader:
        if self._reader is None or self._reader.path != part.path or self._reader.position > part.start:
            self.close()
            self._reader = VideoReader(part.path)
        return self._reader

    def _predict(self, part: FrameRange, some: list[Frame]) -> Iterator[FilePrediction]:
        images = (self._model.load_image(frame.pixels) for frame in some)
        for frame, prediction in zip(some, self._model.predict_images(images, self._tiles), strict=True):
            size = frame.pixels.shape[:2]
            yield FilePrediction(part.path, size, prediction, None, frame.number, frame.seconds, pixels=frame.pixels)
