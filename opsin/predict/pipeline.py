"""Predictions for many image files: threads decode the images, and also run the network where the runtime allows it.

A network that runs on several threads synchronizes after every layer, which costs more while other threads decode.
A runtime that is safe to call from several threads therefore takes images from file to prediction on one core each.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
import torch

from opsin.core import DataError, keep_large_buffers
from opsin.geometry import Placement
from opsin.geometry.placement import Affine
from opsin.model import Model
from opsin.model.tiling import predict_in_tiles, tile_of

_DECODERS = 2
_MAX_THREADS = 16
_MAX_IMAGES = 256
_MAX_SPATIAL = 32
_CHUNK_BYTES = 64 * 2**20
_MAX_PART = 16
_MIN_IMAGES_PER_CORE = 4
"""With fewer images per core, one network on all cores is faster than one network per core."""


@dataclass(frozen=True, eq=False)
class FilePrediction:
    """Prediction for one image file.

    Attributes:
        path: The image file.
        size: Height and width of the image in pixels.
        prediction: Prediction in pixels of the image; None if the image cannot be read.
        error: One line with the reason; None if there is a prediction.
        affine: Map from voxel indices to world coordinates of a volume; None for images.
        spacing: Distance between the voxels of a volume, in millimetres; None for images.
    """

    path: Path
    size: tuple[int, ...] = (0, 0)
    prediction: np.ndarray | None = None
    error: str | None = None
    affine: Affine | None = None
    spacing: tuple[float, float, float] | None = None


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
    model: Model, pieces: Sequence[Sequence[Path]], tiles: bool | None = None
) -> Iterator[Iterator[FilePrediction]]:
    """Predicts chunk by chunk, and decodes the next chunk at the same time.

    Args:
        model: Model that predicts.
        pieces: Chunks of image files.
        tiles: As in `predict_files`.

    Returns:
        One iterator per chunk, in order. It makes each prediction when it is requested, so that only one prediction of
        full image size is in memory.
    """
    keep_large_buffers()
    if model.preprocessing.in_patches:
        yield from (_volumes(model, piece) for piece in pieces)
        return
    streams = min(_MAX_THREADS, torch.get_num_threads())
    if not model.supports_threads or sum(map(len, pieces)) < _MIN_IMAGES_PER_CORE * streams:
        streams = 0
    pool = ThreadPoolExecutor(streams or _DECODERS, "opsin-predict", initializer=torch.set_num_threads, initargs=(1,))
    try:
        ahead = _start(pool, model, pieces[0], tiles, streams) if pieces else None
        for number in range(len(pieces)):
            current, last = ahead, number + 1 == len(pieces)
            ahead = None if last else _start(pool, model, pieces[number + 1], tiles, streams)
            assert current is not None
            yield _predictions(model, current, tiles)
    finally:
        pool.shutdown(cancel_futures=True)


def path_text(path: Path) -> str:
    """Converts a path to valid UTF-8 text; other bytes become U+FFFD.

    Args:
        path: Any path.
    """
    return os.fsencode(path).decode("utf-8", "replace")


@dataclass
class _Chunk:
    paths: Sequence[Path]
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
                image = model.load_image(self.paths[row])
            except DataError as error:
                self.errors[row] = _one_line(error)
                continue
            size = (image.shape[0], image.shape[1])
            if tile_of(model, size, tiles) is None:
                self.placements[row] = Placement(size, model.preprocessing.size[:2])
                yield row, image


def _start(pool: ThreadPoolExecutor, model: Model, paths: Sequence[Path], tiles: bool | None, streams: int) -> _Chunk:
    part = min(_MAX_PART, -(-len(paths) // max(streams, _DECODERS)))
    chunk = _Chunk(paths, np.zeros((len(paths), *model.preprocessing.size), model.preprocessing.dtype))
    every = range(len(paths))
    parts = (every[start : start + part] for start in every[::part])
    chunk.parts = [pool.submit(chunk.decode, model, rows, tiles, streams) for rows in parts]
    return chunk


def _predictions(model: Model, chunk: _Chunk, tiles: bool | None) -> Iterator[FilePrediction]:
    done = [part for future in chunk.parts if (part := future.result()) is not None]
    rows = sorted(chunk.placements)
    predictions = np.concatenate(done) if done else model.predict_batch(chunk.pixels[rows])
    position = {row: number for number, row in enumerate(rows)}
    for row, path in enumerate(chunk.paths):
        if row in position:
            one, placement = predictions[position[row] : position[row] + 1], chunk.placements[row]
            size = (placement.image[0], placement.image[1])
            yield FilePrediction(path, size, model.task.to_image_space(one, [placement])[0])
        elif row in chunk.errors:
            yield FilePrediction(path, error=chunk.errors[row])
        else:
            yield _in_tiles(model, path, tiles)


def _volumes(model: Model, paths: Sequence[Path]) -> Iterator[FilePrediction]:
    """Predicts one volume after the other, each with all cores."""
    for path in paths:
        try:
            volume = model.load_image(path)
            found = model.predict_images([volume])[0]
            yield FilePrediction(path, volume.shape, found, None, volume.affine, volume.spacing)
        except DataError as error:
            yield FilePrediction(path, error=_one_line(error))


def _in_tiles(model: Model, path: Path, tiles: bool | None) -> FilePrediction:
    try:
        image = model.load_image(path)
        size = (image.shape[0], image.shape[1])
        tile = tile_of(model, size, tiles)
        assert tile is not None, "the image file changed during prediction"
        return FilePrediction(path, size, predict_in_tiles(model, image, tile))
    except DataError as error:
        return FilePrediction(path, error=_one_line(error))


def _one_line(error: DataError) -> str:
    return " ".join(str(error).split())
