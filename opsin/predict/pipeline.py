"""Predictions for many image files: threads decode the images, and also run the network where the runtime allows it.

A network that runs on several threads synchronizes after every layer, which costs more while other threads decode.
A runtime that is safe to call from several threads therefore takes images from file to prediction on one core each.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from math import prod

import numpy as np
import torch

from opsin.core import DataError, keep_large_buffers
from opsin.geometry import Placement
from opsin.model import Model
from opsin.model.tiling import predict_in_tiles, tile_of

from .frames import FramePredictor
from .inputs import Chunk, FrameRange, Image, content_of, count_of
from .prediction import FilePrediction

_DECODERS = 2
_MAX_THREADS = 16
_MAX_IMAGES = 256
_MAX_SPATIAL = 32
_CHUNK_BYTES = 64 * 2**20
_MAX_PART = 16
_MIN_IMAGES_PER_CORE = 4
"""With fewer images per core, one network on all cores is faster than one network per core."""


def chunk_length(model: Model) -> int:
    """Number of images in a chunk, which is the work that is lost when the process is killed.

    At most 256, or 32 for spatial outputs, which take longer to write; and at most 64 MiB of preprocessed pixels.

    Args:
        model: Model that predicts.
    """
    if model.preprocessing.in_patches:
        return 1
    most = _MAX_SPATIAL if model.task.output.is_spatial else _MAX_IMAGES
    return max(1, min(most, _CHUNK_BYTES // prod(model.preprocessing.size)))


def predict_chunks(
    model: Model, chunks: Sequence[Chunk], tiles: bool | None = None
) -> Iterator[Iterator[FilePrediction]]:
    """Predicts chunk by chunk, and decodes the next chunk at the same time.

    Args:
        model: Model that predicts.
        chunks: Chunks of images, and parts of videos.
        tiles: As in `predict_files`.

    Returns:
        One iterator per chunk, in order. It makes each prediction when it is requested, so that only one prediction of
        full image size is in memory.
    """
    keep_large_buffers()
    if model.preprocessing.in_patches:
        yield from (_volumes(model, chunk) for chunk in chunks if not isinstance(chunk, FrameRange))
        return
    streams = min(_MAX_THREADS, torch.get_num_threads())
    if not model.supports_threads or sum(map(count_of, chunks)) < _MIN_IMAGES_PER_CORE * streams:
        streams = 0
    pool = ThreadPoolExecutor(streams or _DECODERS, "opsin-predict", initializer=torch.set_num_threads, initargs=(1,))
    frames = FramePredictor(model, pool, tiles)
    try:
        ahead = _start(pool, model, chunks[0], tiles, streams) if chunks else None
        for number, chunk in enumerate(chunks):
            current, last = ahead, number + 1 == len(chunks)
            ahead = None if last else _start(pool, model, chunks[number + 1], tiles, streams)
            if isinstance(chunk, FrameRange):
                yield frames.predictions(chunk)
            else:
                assert current is not None
                yield _predictions(model, current, tiles)
    finally:
        frames.close()
        pool.shutdown(cancel_futures=True)


@dataclass
class _Decoded:
    images: Sequence[Image]
    pixels: np.ndarray
    placements: dict[int, Placement] = field(default_factory=dict[int, Placement])
    errors: dict[int, str] = field(default_factory=dict[int, str])
    parts: list[Future[np.ndarray | None]] = field(default_factory=list[Future[np.ndarray | None]])

    def decode(self, model: Model, rows: range, tiles: bool | None, streams: int) -> np.ndarray | None:
        """Decodes images, and predicts them if `streams` is not 0.

        Images that are cut into tiles are left for later, because several of them at once need too much memory.
        """
        done = model.preprocessing.fit_into(self._readable(model, rows, tiles), self.pixels)
        if not streams:
            return None
        return model.predict_batch(self.pixels[done], batch_size=max(1, model.max_batch_size // streams))

    def _readable(self, model: Model, rows: range, tiles: bool | None) -> Iterator[tuple[int, np.ndarray]]:
        for row in rows:
            try:
                image = model.load_image(content_of(self.images[row]))
            except DataError as error:
                self.errors[row] = _one_line(error)
                continue
            size = (image.shape[0], image.shape[1])
            if tile_of(model, size, tiles) is None:
                self.placements[row] = Placement(size, model.preprocessing.size[:2])
                yield row, image


def _start(pool: ThreadPoolExecutor, model: Model, images: Chunk, tiles: bool | None, streams: int) -> _Decoded | None:
    """Starts to decode a chunk of images; frames of a video are decoded when they are predicted."""
    if isinstance(images, FrameRange):
        return None
    part = min(_MAX_PART, -(-len(images) // max(streams, _DECODERS)))
    chunk = _Decoded(images, np.zeros((len(images), *model.preprocessing.size), model.preprocessing.dtype))
    every = range(len(images))
    parts = (every[start : start + part] for start in every[::part])
    chunk.parts = [pool.submit(chunk.decode, model, rows, tiles, streams) for rows in parts]
    return chunk


def _predictions(model: Model, chunk: _Decoded, tiles: bool | None) -> Iterator[FilePrediction]:
    done = [part for future in chunk.parts if (part := future.result()) is not None]
    rows = sorted(chunk.placements)
    predictions = np.concatenate(done) if done else model.predict_batch(chunk.pixels[rows])
    position = {row: number for number, row in enumerate(rows)}
    for row, path in enumerate(chunk.images):
        if row in position:
            one, placement = predictions[position[row] : position[row] + 1], chunk.placements[row]
            size = (placement.image[0], placement.image[1])
            yield FilePrediction(path, size, model.task.to_image_space(one, [placement])[0])
        elif row in chunk.errors:
            yield FilePrediction(path, error=chunk.errors[row])
        else:
            yield _in_tiles(model, path, tiles)


def _volumes(model: Model, paths: Sequence[Image]) -> Iterator[FilePrediction]:
    """Predicts one volume after the other, each with all cores."""
    for path in paths:
        try:
            volume = model.load_image(content_of(path))
            found = model.predict_images([volume])[0]
            yield FilePrediction(path, volume.shape, found, volume=volume)
        except DataError as error:
            yield FilePrediction(path, error=_one_line(error))


def _in_tiles(model: Model, path: Image, tiles: bool | None) -> FilePrediction:
    try:
        image = model.load_image(content_of(path))
        size = (image.shape[0], image.shape[1])
        tile = tile_of(model, size, tiles)
        assert tile is not None, "the image file changed during prediction"
        return FilePrediction(path, size, predict_in_tiles(model, image, tile))
    except DataError as error:
        return FilePrediction(path, error=_one_line(error))


def _one_line(error: DataError) -> str:
    return " ".join(str(error).split())
