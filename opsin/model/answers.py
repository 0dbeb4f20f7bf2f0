"""Answers for many image files: two threads decode the next piece while the network works on this one."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from opsin.core import DataError
from opsin.data import Frame

from .model import Model

THREADS = 2
_MOST_IMAGES = 256
_PIECE_BYTES = 64 * 2**20
_TOGETHER = 16
_TYPES: dict[type, pl.DataType] = {str: pl.String(), float: pl.Float64(), int: pl.Int64(), bool: pl.Boolean()}


def piece_length(model: Model) -> int:
    """How many images are worked on at a time: up to 256, or 64 MiB of prepared pixels."""
    return max(1, min(_MOST_IMAGES, _PIECE_BYTES // prod(model.preparation.size)))


def answer_pieces(model: Model, pieces: Sequence[Sequence[Path]]) -> Iterator[pl.DataFrame]:
    """For each piece of paths its rows, in order: `path`, the task's columns, `error`.

    An image that cannot be read has an `error` in one line and nulls; numbers that are not finite are null.
    """
    pool = ThreadPoolExecutor(THREADS, "opsin-decode")
    try:
        ahead = _start(pool, model, pieces[0]) if pieces else None
        for number in range(len(pieces)):
            now, ahead = ahead, _start(pool, model, pieces[number + 1]) if number + 1 < len(pieces) else None
            assert now is not None
            yield _rows(model, now)
    finally:
        pool.shutdown(cancel_futures=True)


def schema(model: Model) -> dict[str, pl.DataType]:
    """The columns of the rows and their types."""
    columns = model.task.columns(model.task.blank(1, (1, 1)))
    types = {name: _TYPES[type(values[0])] for name, values in columns.items()}
    return {"path": pl.String(), **{_free(name): kind for name, kind in types.items()}, "error": pl.String()}


def path_text(path: Path) -> str:
    """The path as text that every format can hold; bytes that are no UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


@dataclass
class _Piece:
    paths: Sequence[Path]
    pixels: np.ndarray
    frames: dict[int, Frame] = field(default_factory=dict[int, Frame])
    errors: dict[int, str] = field(default_factory=dict[int, str])
    decoding: list[Future[None]] = field(default_factory=list[Future[None]])

    def decode(self, model: Model, start: int) -> None:
        for row in range(start, min(start + _TOGETHER, len(self.paths))):
            try:
                self.pixels[row], self.frames[row] = model.prepare(self.paths[row])
            except DataError as error:
                self.errors[row] = " ".join(str(error).split())


def _start(pool: ThreadPoolExecutor, model: Model, paths: Sequence[Path]) -> _Piece:
    piece = _Piece(paths, np.zeros((len(paths), *model.preparation.size), np.uint8))
    piece.decoding = [pool.submit(piece.decode, model, start) for start in range(0, len(paths), _TOGETHER)]
    return piece


def _rows(model: Model, piece: _Piece) -> pl.DataFrame:
    for future in piece.decoding:
        future.result()
    good = [row for row in range(len(piece.paths)) if row not in piece.errors]
    raw = model.raw(piece.pixels[good] if piece.errors else piece.pixels)
    columns = model.task.columns(model.task.restore(raw, [piece.frames[row] for row in good]))
    kinds = schema(model)
    spread: dict[str, list[Any]] = {}
    for name, values in columns.items():
        spread[_free(name)] = [None] * len(piece.paths)
        for row, value in zip(good, values, strict=True):
            spread[_free(name)][row] = value
    spread["path"] = [path_text(path) for path in piece.paths]
    spread["error"] = [piece.errors.get(row) for row in range(len(piece.paths))]
    frame = pl.DataFrame({name: spread[name] for name in kinds}, schema=kinds)
    known = pl.all().exclude(pl.String, pl.Int64, pl.Boolean)
    return frame.with_columns(pl.when(known.is_finite()).then(known))


def _free(name: str) -> str:
    """A number that is called like one of the two other columns gets a `_`."""
    return f"{name}_" if name in ("path", "error") else name
