"""Predictions for many image files, written as they come, so that a run that was killed goes on where it was."""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from opsin.core import DataError, OpsinError, Progress, replacing, silent, write_text

from .model import Model

SUFFIXES = (".csv", ".jsonl", ".parquet")
PIECE = 512


def predict_files(
    model: Model, images: Sequence[Path], output: Path | None = None, *, progress: Progress = silent
) -> list[dict[str, Any]]:
    """A row an image: path, the task's columns, and `error` (null, or in one line why it could not be read).

    With `output` (.csv, .jsonl or .parquet) rows go to that file and the list is empty. While it works, finished
    pieces stand in a folder `<output>.parts`; a second start takes them up when model and images are the same.
    """
    if output is None:
        return [row for piece in _pieces(model, images, 0, progress) for row in piece]
    if output.suffix not in SUFFIXES:
        raise OpsinError(f"cannot write predictions as {output.name!r}; expected a name in {', '.join(SUFFIXES)}")
    parts = output.with_name(output.name + ".parts")
    _claim(parts, _fingerprint(model, images))
    done = 0
    while (parts / f"{done}.jsonl").exists():
        done += 1
    for number, rows in enumerate(_pieces(model, images, done * PIECE, progress), start=done):
        write_text(parts / f"{number}.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    _join(parts, math.ceil(len(images) / PIECE), output, _empty(model))
    return []


def _pieces(model: Model, images: Sequence[Path], start: int, progress: Progress) -> Iterator[list[dict[str, Any]]]:
    """Decodes the next piece in two threads while the network works on this one."""
    with ThreadPoolExecutor(2) as pool:
        ahead = [pool.submit(_read, model, path) for path in images[start : start + PIECE]]
        for first in range(start, len(images), PIECE):
            now, ahead = ahead, [pool.submit(_read, model, path) for path in images[first + PIECE : first + 2 * PIECE]]
            read = [future.result() for future in now]
            yield _answers(model, images[first : first + PIECE], read)
            progress("predict", min(first + PIECE, len(images)), len(images))


def _read(model: Model, path: Path) -> np.ndarray | str:
    try:
        return model.prepare(path)
    except DataError as error:
        return str(error)


def _answers(model: Model, paths: Sequence[Path], read: Sequence[np.ndarray | str]) -> list[dict[str, Any]]:
    good = [image for image in read if not isinstance(image, str)]
    columns = model.task.columns(model.raw(np.stack(good))) if good else {}
    answers = ({name: _plain(values[row]) for name, values in columns.items()} for row in range(len(good)))
    empty = _empty(model)
    rows: list[dict[str, Any]] = []
    for path, image in zip(paths, read, strict=True):
        failed = isinstance(image, str)
        rows.append({"path": str(path), **(empty if failed else next(answers)), "error": image if failed else None})
    return rows


def _empty(model: Model) -> dict[str, Any]:
    return dict.fromkeys(model.task.columns(np.zeros((1, model.task.units), np.float32)))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _fingerprint(model: Model, images: Sequence[Path]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, value in model.network.state_dict().items():
        digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    digest.update(json.dumps([model.task.to_json(), model.preparation.to_json(), model.views]).encode())
    for path in images:
        digest.update(f"{path}\0".encode())
    return digest.hexdigest()


def _claim(parts: Path, fingerprint: str) -> None:
    """Makes the folder of pieces for this model and these images, or takes it up."""
    mark = parts / "made-by"
    if mark.exists() and mark.read_text() != fingerprint:
        raise OpsinError(f"{parts} holds the pieces of another model or other images; delete it or name another output")
    if not mark.exists():
        write_text(mark, fingerprint)


def _join(parts: Path, count: int, output: Path, columns: dict[str, Any]) -> None:
    """Makes the output from all pieces at once, then removes them."""
    files = [parts / f"{number}.jsonl" for number in range(count)]
    with replacing(output) as temporary:
        if output.suffix == ".jsonl":
            with open(temporary, "wb") as out:
                for file in files:
                    out.write(file.read_bytes())
        elif files:
            frame = pl.scan_ndjson(files, infer_schema_length=None).select("path", *columns, "error")
            frame = frame.with_columns(pl.col("error").cast(pl.Utf8))
            frame.sink_csv(temporary) if output.suffix == ".csv" else frame.sink_parquet(temporary)
        else:
            frame = pl.DataFrame(schema=dict.fromkeys(("path", *columns, "error"), pl.Utf8))
            frame.write_csv(temporary) if output.suffix == ".csv" else frame.write_parquet(temporary)
    for file in (*files, parts / "made-by"):
        file.unlink()
    parts.rmdir()
