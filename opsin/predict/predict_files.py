"""Predictions for many image files: to a list of rows, or to files that survive being killed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from opsin.core import DataError, Progress, show_in_notebook, silent, silent_line
from opsin.data import is_video
from opsin.model import Model
from opsin.model.prediction_list import PredictionList
from opsin.model.tiling import check_tiles

from .inputs import Chunk, Image, chunks_of, count_of, find_inputs, key_of
from .pictures import AnnotatedFolder
from .pipeline import chunk_length, predict_chunks
from .prediction import FilePrediction
from .resumable import ResumableOutput
from .tables import TableWriter, image_rows
from .writers import Writer, choose_writer, is_folder


@show_in_notebook
def predict_files(
    model: Model,
    images: Sequence[Image | str] | str,
    output: str | Path | None = None,
    *,
    save: str | Path | None = None,
    tiles: bool | None = None,
    confidence: float | None = None,
    progress: Progress = silent,
    say: Callable[[str], None] = silent_line,
) -> list[dict[str, Any]]:
    """Predicts on images and videos and returns one row for each image or frame, or writes the rows to `output`.

    With `output` memory use stays constant, an interrupted run resumes, and a finished output is recomputed only when
    an input has changed.

    Args:
        model: The model.
        images: Paths of images and videos; as text also folders, glob patterns, .txt lists and http(s) URLs of images.
        output: A .csv, .jsonl or .parquet; for boxes and masks also a COCO .json or a folder. Default: return rows.
        save: Folder for annotated pictures and videos. Default: none.
        tiles: As in `Model.predict`.
        confidence: As in `Model.predict`. Default: the threshold of the model.
        progress: Callback for progress. Default: none.
        say: Callback for one line of text on images that cannot be read. Default: none.

    Returns:
        Rows in the order of `images`: `path`, for videos `frame` and `time` in seconds, the task's columns, `error`
        (None for a readable image). Empty with `output`.

    Raises:
        OpsinError: The output belongs to another model or cannot be written, or it is given and no image can be read.
    """
    if tiles:
        check_tiles(model.task)
    model = model if confidence is None else model.with_threshold(confidence)
    inputs = _inputs([images] if isinstance(images, str) else images, model.preprocessing.in_patches)
    chunks = chunks_of(inputs, chunk_length(model))
    pictures = None if save is None else AnnotatedFolder(model, inputs, save)
    count = _Count(sum(map(count_of, chunks)), progress)
    if output is None:
        table = image_rows(model.task, any(map(is_video, inputs)))
        found = _rows(table, _predictions(model, chunks, tiles, pictures), count)
        _finish(pictures, chunks)
        return PredictionList(found)
    maker = model.fingerprint
    writer = choose_writer(model.task, inputs, output, model.preprocessing.intensity, maker)
    fingerprint = maker if tiles is None else f"{maker} tiles {tiles}"
    stored = ResumableOutput(Path(output), fingerprint, [key_of(chunk) for chunk in chunks], is_folder(output))
    failed = stored.start()
    undrawn = [n for n, chunk in enumerate(chunks) if pictures is not None and not pictures.has(chunk)]
    if failed is None or undrawn:
        missing = sorted({*stored.missing(), *undrawn})
        todo = [chunks[number] for number in missing]
        _store(stored, writer, missing, _predictions(model, todo, tiles, pictures), count.without(todo))
        _finish(pictures, chunks)
        failed = stored.finalize(writer.finalize)
    progress("predict", count.total, count.total)
    _report_errors(failed, count.total, writer.errors, say)
    return []


def _rows(table: TableWriter, predictions: Iterable[Iterable[FilePrediction]], count: "_Count") -> list[dict[str, Any]]:
    """Returns the rows of all chunks."""
    rows: list[dict[str, Any]] = []
    for found in predictions:
        rows += table.make(count.over(found)).to_dicts()
        count.report()
    return rows


def _store(
    stored: ResumableOutput,
    writer: Writer,
    numbers: Sequence[int],
    predictions: Iterable[Iterable[FilePrediction]],
    count: "_Count",
) -> None:
    """Stores the predictions of the chunks with these numbers, one chunk after the other."""
    for number, found in zip(numbers, predictions, strict=True):
        before = count.failed
        content = writer.write_chunk(count.over(found))
        stored.write_chunk(number, content, count.failed - before)
        count.report()


def _inputs(images: Sequence[Image | str], volumes: bool) -> tuple[Image, ...]:
    """Returns the inputs; only text is searched for, other inputs stay as they are."""
    found = (find_inputs([image], volumes=volumes) if isinstance(image, str) else (image,) for image in images)
    return tuple(one for some in found for one in some)


def _predictions(
    model: Model, chunks: Sequence[Chunk], tiles: bool | None, pictures: AnnotatedFolder | None
) -> Iterator[Iterable[FilePrediction]]:
    """Yields the predictions of each chunk, which are drawn when they are read."""
    for chunk, found in zip(chunks, predict_chunks(model, chunks, tiles), strict=True):
        yield found if pictures is None else pictures.drawn(chunk, found)


def _finish(pictures: AnnotatedFolder | None, chunks: Sequence[Chunk]) -> None:
    if pictures is not None:
        pictures.finish(chunks)


class _Count:
    """Counter of the images that are done, and of those without a prediction."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.total, self._progress = total, progress
        self.done = self.failed = 0

    def without(self, todo: Sequence[Chunk]) -> "_Count":
        """Counts all chunks but these as done, and returns the counter."""
        self.done = self.total - sum(map(count_of, todo))
        return self

    def over(self, images: Iterable[FilePrediction]) -> Iterator[FilePrediction]:
        for one in images:
            yield one
            self.done += 1
            self.failed += one.error is not None

    def report(self) -> None:
        self._progress("predict", self.done, self.total, f"{self.failed} cannot be read" if self.failed else "")


def _report_errors(failed: int, total: int, where: Path, say: Callable[[str], None]) -> None:
    line = f"{failed:,} of {total:,} image{'' if total == 1 else 's'} could not be read: see {where}"
    if failed and failed == total:
        raise DataError(line)
    if failed:
        say(line)
