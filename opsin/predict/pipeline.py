"""Answers for many image files: threads decode them, and answer them too where each has a core of its own.

A network whose layers share the cores among them waits at the end of every layer, and the more so while other threads
decode. Where the runtime allows it, each thread takes some images from file to answer on one core.
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
from opsin.model import Model
from opsin.model.tiling import predict_in_tiles, tile_of

_DECODERS = 2
_MOST_THREADS = 16
_MOST_IMAGES = 256
_MOST_PLACED = 32
_PIECE_BYTES = 64 * 2**20
_TOGETHER = 16
_SOME = 4
"""Images a core, below which all cores answer together, which is sooner."""


@dataclass(frozen=True, eq=False)
class FilePrediction:
    """An image file's answer, in pixels of the image of (height, width) `size`; or in one line why it has none."""

    path: Path
    size: tuple[int, ...] = (0, 0)
    prediction: np.ndarray | None = None
    error: str | None = None


def chunk_length(model: Model) -> int:
    """How many images are worked on at a time, and lost when a run is killed.

    Up to 256, or 32 where answers are places, which take longer to write; or 64 MiB of prepared pixels.
    """
    most = _MOST_PLACED if model.task.output.is_spatial else _MOST_IMAGES
    return max(1, min(most, _PIECE_BYTES // prod(model.preprocessing.size)))


def predict_chunks(
    model: Model, pieces: Sequence[Sequence[Path]], tiles: bool | None = None
) -> Iterator[Iterator[FilePrediction]]:
    """For each piece of paths the answers, in order, made as they are asked for: one of full size is in memory."""
    keep_large_buffers()
    streams = min(_MOST_THREADS, torch.get_num_threads())
    if not model.supports_threads or sum(map(len, pieces)) < _SOME * streams:
        streams = 0
    pool = ThreadPoolExecutor(streams or _DECODERS, "opsin-answers", initializer=torch.set_num_threads, initargs=(1,))
    try:
        ahead = _start(pool, model, pieces[0], tiles, streams) if pieces else None
        for number in range(len(pieces)):
            now, last = ahead, number + 1 == len(pieces)
            ahead = None if last else _start(pool, model, pieces[number + 1], tiles, streams)
            assert now is not None
            yield _answers(model, now, tiles)
    finally:
        pool.shutdown(cancel_futures=True)


def path_text(path: Path) -> str:
    """The path as text that every format can hold; bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


@dataclass
class _Piece:
    paths: Sequence[Path]
    pixels: np.ndarray
    frames: dict[int, Placement] = field(default_factory=dict[int, Placement])
    errors: dict[int, str] = field(default_factory=dict[int, str])
    parts: list[Future[np.ndarray | None]] = field(default_factory=list[Future[np.ndarray | None]])

    def look(self, model: Model, rows: range, tiles: bool | None, streams: int) -> np.ndarray | None:
        """Decodes some images, and answers them if several threads do so.

        Images that are cut in tiles are left for later: many of them would fill the memory.
        """
        done = model.preprocessing.fit_into(self._readable(model, rows, tiles), self.pixels)
        if not streams:
            return None
        return model.predict_batch(self.pixels[done], batch_size=max(1, model.max_batch_size // streams))

    def _readable(self, model: Model, rows: range, tiles: bool | None) -> Iterator[tuple[int, np.ndarray]]:
        for row in rows:
            try:
                picture = model.load_image(self.paths[row])
            except DataError as error:
                self.errors[row] = _line(error)
                continue
            size = (picture.shape[0], picture.shape[1])
            if tile_of(model, size, tiles) is None:
                self.frames[row] = Placement(size, model.preprocessing.size[:2])
                yield row, picture


def _start(pool: ThreadPoolExecutor, model: Model, paths: Sequence[Path], tiles: bool | None, streams: int) -> _Piece:
    together = min(_TOGETHER, -(-len(paths) // max(streams, _DECODERS)))
    piece = _Piece(paths, np.zeros((len(paths), *model.preprocessing.size), model.preprocessing.dtype))
    every = range(len(paths))
    parts = (every[start : start + together] for start in every[::together])
    piece.parts = [pool.submit(piece.look, model, rows, tiles, streams) for rows in parts]
    return piece


def _answers(model: Model, piece: _Piece, tiles: bool | None) -> Iterator[FilePrediction]:
    answered = [answers for part in piece.parts if (answers := part.result()) is not None]
    rows = sorted(piece.frames)
    predictions = np.concatenate(answered) if answered else model.predict_batch(piece.pixels[rows])
    place = {row: number for number, row in enumerate(rows)}
    for row, path in enumerate(piece.paths):
        if row in place:
            one, frame = predictions[place[row] : place[row] + 1], piece.frames[row]
            yield FilePrediction(path, (frame.image[0], frame.image[1]), model.task.to_image_space(one, [frame])[0])
        elif row in piece.errors:
            yield FilePrediction(path, error=piece.errors[row])
        else:
            yield _in_tiles(model, path, tiles)


def _in_tiles(model: Model, path: Path, tiles: bool | None) -> FilePrediction:
    try:
        picture = model.load_image(path)
        size = (picture.shape[0], picture.shape[1])
        tile = tile_of(model, size, tiles)
        assert tile is not None, "an image changed its size while it was looked at"
        return FilePrediction(path, size, predict_in_tiles(model, picture, tile))
    except DataError as error:
        return FilePrediction(path, error=_line(error))


def _line(error: DataError) -> str:
    return " ".join(str(error).split())
