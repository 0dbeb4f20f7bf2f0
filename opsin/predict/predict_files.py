"""Predictions for many image files: to a list of rows, or to files that survive being killed."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from opsin.core import DataError, Progress, silent, silent_line
from opsin.model import Model
from opsin.model.tiling import check_tiles

from .pipeline import FilePrediction, chunk_length, predict_chunks
from .resumable import ResumableOutput
from .tables import image_rows
from .writers import choose_writer, is_folder


def predict_files(
    model: Model,
    images: Sequence[Path],
    output: str | Path | None = None,
    *,
    tiles: bool | None = None,
    confidence: float | None = None,
    progress: Progress = silent,
    say: Callable[[str], None] = silent_line,
) -> list[dict[str, Any]]:
    """Predicts on image files and returns one row for each image, or writes the predictions to `output`.

    With `output` memory use stays constant, an interrupted run resumes, and a finished output is recomputed only when
    an image has changed.

    Args:
        model: The model.
        images: Paths of the images.
        output: A .csv, .jsonl or .parquet; for boxes and masks also a COCO .json or a folder. Default: return rows.
        tiles: As in `Model.predict`.
        confidence: As in `Model.predict`. Default: the threshold of the model.
        progress: Callback for progress. Default: none.
        say: Callback for one line of text on images that cannot be read. Default: none.

    Returns:
        Rows in the order of `images`: `path`, the task's columns, `error` (None for a readable image). Empty with
        `output`.

    Raises:
        OpsinError: The output belongs to another model or cannot be written, or it is given and no image can be read.
    """
    if tiles:
        check_tiles(model.task)
    model = model if confidence is None else model.with_threshold(confidence)
    length = chunk_length(model)
    pieces = [images[start : start + length] for start in range(0, len(images), length)]
    count = _Count(len(images), progress)
    if output is None:
        rows, found = image_rows(model.task), list[dict[str, Any]]()
        for piece in predict_chunks(model, pieces, tiles):
            found += rows.make(count.over(piece)).to_dicts()
            count.report()
        return found
    writer = choose_writer(model.task, images, output, model.preprocessing.intensity)
    maker = model.fingerprint if tiles is None else f"{model.fingerprint} tiles {tiles}"
    kept = ResumableOutput(Path(output), maker, [_key(piece) for piece in pieces], is_folder(output))
    failed = kept.start()
    if failed is None:
        missing = kept.missing()
        count.done = len(images) - sum(len(pieces[number]) for number in missing)
        for number, piece in zip(missing, predict_chunks(model, [pieces[n] for n in missing], tiles), strict=True):
            before = count.failed
            content = writer.write_chunk(count.over(piece))
            kept.write_chunk(number, content, count.failed - before)
            count.report()
        failed = kept.finalize(writer.finalize)
    progress("predict", len(images), len(images))
    _report_errors(failed, len(images), writer.errors, say)
    return []


class _Count:
    """Counter of the images that are done, and of those without a prediction."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._progress = total, progress
        self.done = self.failed = 0

    def over(self, images: Iterable[FilePrediction]) -> Iterator[FilePrediction]:
        for one in images:
            yield one
            self.done += 1
            self.failed += one.error is not None

    def report(self) -> None:
        self._progress("predict", self.done, self._total, f"{self.failed} cannot be read" if self.failed else "")


def _report_errors(failed: int, total: int, where: Path, say: Callable[[str], None]) -> None:
    line = f"{failed:,} of {total:,} image{'' if total == 1 else 's'} could not be read: see {where}"
    if failed and failed == total:
        raise DataError(line)
    if failed:
        say(line)


def _key(paths: Sequence[Path]) -> str:
    """Key of a chunk: digest of the paths, sizes, and times of its images."""
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        digest.update(os.fsencode(path))
        try:
            status = os.stat(path)
            digest.update(f"\0{status.st_size} {status.st_mtime_ns}\0".encode())
        except (OSError, ValueError):
            digest.update(b"\0missing\0")
    return digest.hexdigest()
