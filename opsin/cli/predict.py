"""`opsin predict`: a model's answers for one image, or for a folder of them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import print_json
from .picture import bars, on_terminal, picture, shows_pictures
from .progress import reporting

if TYPE_CHECKING:
    from opsin.model import Model


def predict(
    model: options.ModelFile,
    images: Annotated[list[str], typer.Argument(help="Image files, folders, globs, or text files that list images.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .csv, .jsonl or .parquet to write.", show_default=False)
    ] = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as one JSON list.")] = False,
) -> None:
    """Says what a model sees in images.

    One image is shown on a terminal; many give a line of JSON each, or a file.
    Started again, a run with -o goes on where it was stopped.
    """
    with reporting() as progress:
        from opsin import api

        loaded = api.load(model, device)
        paths = _find(images)
        rows = api.predict_files(loaded, paths, output, progress=progress)
    if output is not None:
        print(output, file=sys.stderr if as_json else sys.stdout)
        rows = _read_back(output) if as_json else []
    elif len(paths) == 1:
        _check(paths[0], rows[0]["error"])
    if as_json:
        print_json(rows)
    elif len(rows) == 1 and on_terminal():
        _show(loaded, paths[0], rows[0])
    else:
        for row in rows:
            print_json(row)


def _find(sources: Sequence[str]) -> tuple[Path, ...]:
    """Every image of every source once, in the order they were typed."""
    from opsin.data import find_images

    return tuple(dict.fromkeys(path for source in sources for path in find_images(source)))


def _check(path: Path, error: str | None) -> None:
    """Raises DataError when the only image could not be read."""
    if error is not None:
        from opsin.core import DataError

        raise DataError(error if str(path) in error else f"{path} {error}")


def _show(model: "Model", path: Path, row: dict[str, Any]) -> None:
    if shows_pictures():
        print(picture(path))
    for line in bars(model.task.names, row):
        print(line)


def _read_back(output: Path) -> list[dict[str, Any]]:
    """The rows of a file of predictions."""
    import polars as pl

    if output.suffix == ".parquet":
        return pl.read_parquet(output).to_dicts()
    if output.suffix == ".jsonl":
        return pl.read_ndjson(output, infer_schema_length=None).to_dicts()
    text = {name: pl.Utf8 for name in ("path", "label", "labels", "error")}
    return pl.read_csv(output, infer_schema_length=None, schema_overrides=text).to_dicts()
