"""`opsin predict`: a model's answers for one image, or for a folder of them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import print_json, print_objects
from .picture import bars, on_terminal, picture, shows_pictures
from .progress import reporting

if TYPE_CHECKING:
    from opsin.model import Model

TABLES = (".csv", ".jsonl", ".parquet")


def predict(
    model: options.ModelFile,
    images: Annotated[list[str], typer.Argument(help="Image files, folders, globs, or text files that list images.")],
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            help="A .csv, .jsonl or .parquet; for boxes and masks also a COCO .json, or a folder.",
            show_default=False,
        ),
    ] = None,
    tiles: Annotated[
        bool | None,
        typer.Option(help="Look at large images tile by tile; when it helps, if left out.", show_default=False),
    ] = None,
    confidence: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=1.0, help="Tell boxes and objects from here on; found in training.", show_default=False
        ),
    ] = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as one JSON list.")] = False,
) -> None:
    """Says what a model sees in images.

    One image is shown on a terminal; many give a line of JSON each, or files.
    Started again, a run with -o goes on where it was stopped.
    """
    if as_json and output is not None and Path(output).suffix.lower() not in TABLES:
        raise typer.BadParameter(f"prints the rows of a table, but {output} is none; leave it out", param_hint="--json")
    with reporting() as progress:
        from opsin import api

        loaded = api.load(model, device)
        paths = _find(images)
        if output is None and not as_json and len(paths) == 1 and on_terminal():
            shown = loaded.predict(paths[0], tiles=tiles, confidence=confidence)[0]
            rows: list[dict[str, Any]] = []
        else:
            shown = None
            rows = api.predict_files(
                loaded, paths, output, tiles=tiles, confidence=confidence, progress=progress, say=progress.say
            )
    if shown is not None:
        _show(loaded, paths[0], shown)
    elif output is not None:
        print(output, file=sys.stderr if as_json else sys.stdout)
        rows = _read_back(Path(output)) if as_json else []
    elif len(paths) == 1:
        _check(paths[0], rows[0]["error"])
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            print_json(row)
    if len(paths) > 1:
        _check_any(rows)


def _find(sources: Sequence[str]) -> tuple[Path, ...]:
    """Every image of every source once, in the order they were typed."""
    from opsin.data import find_images

    return tuple(dict.fromkeys(path for source in sources for path in find_images(source)))


def _check(path: Path, error: str | None) -> None:
    """Raises DataError when the only image could not be read."""
    if error is not None:
        from opsin.core import DataError

        raise DataError(error if str(path) in error else f"{path} {error}")


def _check_any(rows: Sequence[dict[str, Any]]) -> None:
    """Raises DataError when not one of the images could be read."""
    if rows and all(row["error"] for row in rows):
        from opsin.core import DataError

        raise DataError(f"{len(rows):,} of {len(rows):,} images could not be read")


def _show(model: "Model", path: Path, answer: dict[str, Any]) -> None:
    names = model.task.names
    if shows_pictures():
        print(picture(path, model.preprocessing.intensity))
    records = next((answer[name] for name in ("boxes", "objects") if name in answer), None)
    if records is None:
        for line in bars(names, answer):
            print(line)
    else:
        print_objects(names, answer, records)


def _read_back(output: Path) -> list[dict[str, Any]]:
    """The rows of a file of predictions."""
    import polars as pl

    if output.suffix == ".parquet":
        return pl.read_parquet(output).to_dicts()
    if output.suffix == ".jsonl":
        return pl.read_ndjson(output, infer_schema_length=None).to_dicts()
    text = {name: pl.Utf8 for name in ("path", "label", "labels", "error")}
    return pl.read_csv(output, infer_schema_length=None, schema_overrides=text).to_dicts()
