"""Predictions for many image files: to a list of rows, or to a file that survives being killed."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opsin.core import Progress, silent

from .answers import answer_pieces, piece_length, schema
from .model import Model
from .pieces import PieceFile


def predict_files(
    model: Model, images: Sequence[Path], output: Path | None = None, *, progress: Progress = silent
) -> list[dict[str, Any]]:
    """A row an image, in their order: `path`, the task's columns, `error` (null, or in one line why it has no answer).

    With `output` (.csv, .jsonl or .parquet) the rows go to that file and the list is empty; memory stays flat. Killed
    and started again, it goes on where it was and the file is the same; a finished file is left as it is unless an
    image has changed. Raises OpsinError when the file was made by another model or cannot be written.
    """
    length = piece_length(model)
    pieces = [images[start : start + length] for start in range(0, len(images), length)]
    if output is None:
        return [row for _, frame in _answers(model, pieces, range(len(pieces)), progress) for row in frame.to_dicts()]
    file = PieceFile(output, model.fingerprint, [_key(piece) for piece in pieces])
    if not file.start():
        for number, frame in _answers(model, pieces, file.missing(), progress):
            file.write(number, frame)
        file.finish(pl.DataFrame(schema=schema(model)))
    progress("predict", len(images), len(images))
    return []


def _answers(
    model: Model, pieces: Sequence[Sequence[Path]], wanted: Sequence[int], progress: Progress
) -> Iterator[tuple[int, pl.DataFrame]]:
    """The rows of the wanted pieces, with their numbers; progress counts the others as done."""
    total = sum(map(len, pieces))
    done = total - sum(len(pieces[number]) for number in wanted)
    failed = 0
    frames = answer_pieces(model, [pieces[number] for number in wanted])
    for number, frame in zip(wanted, frames, strict=True):
        yield number, frame
        done += len(frame)
        failed += len(frame) - frame["error"].null_count()
        progress("predict", done, total, f"{failed} cannot be read" if failed else "")


def _key(paths: Sequence[Path]) -> str:
    """What a piece is made from: its images' paths, sizes and times."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(os.fsencode(path))
        try:
            status = os.stat(path)
            digest.update(f"\0{status.st_size} {status.st_mtime_ns}\0".encode())
        except (OSError, ValueError):
            digest.update(b"\0missing\0")
    return digest.hexdigest()
