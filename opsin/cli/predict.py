"""`opsin predict`: predictions of a model for one or many images."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import print_json, print_next, print_objects
from .picture import on_terminal, probability_bars, render_image, supports_images
from .progress import reporting

if TYPE_CHECKING:
    from opsin.model import Model

TABLES = (".csv", ".jsonl", ".parquet")


def predict(
    model: options.ModelFile,
    images: options.Images,
    output: options.Output = None,
    tiles: options.Tiles = None,
    confidence: options.Confidence = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the predictions as one JSON list.")] = False,
) -> None:
    """Predicts on images.

    On a terminal, one image is shown with its prediction. Otherwise each image gives one line of JSON, or the
    predictions are written to FILE. With -o, an interrupted run resumes where it stopped.
    """
    if as_json and output is not None and Path(output).suffix.lower() not in TABLES:
        raise typer.BadParameter(
            f"{output} is not a table. Expected a name with {', '.join(TABLES)}. Fix: omit --json.", param_hint="--json"
        )
    with reporting() as progress:
        from opsin import api

        loaded = api.load(model, device)
        in_patches = loaded.preprocessing.in_patches
        paths = _find(images, in_patches)
        if output is None and not as_json and len(paths) == 1 and on_terminal() and not in_patches:
            single = loaded.predict(paths[0], tiles=tiles, confidence=confidence)[0]
            rows: list[dict[str, Any]] = []
        else:
            single = None
            rows = api.predict_files(
                loaded, paths, output, tiles=tiles, confidence=confidence, progress=progress, say=progress.say
            )
    if single is not None:
        _show(loaded, paths[0], single)
    elif output is not None:
        print(output, file=sys.stderr if as_json else sys.stdout)
        rows = _read_back(Path(output)) if as_json else []
        print_next("evaluate", model, "LABELLED_IMAGES", stderr=True)
    elif len(paths) == 1:
        _check(paths[0], rows[0]["error"])
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            print_json(row)
    if len(paths) > 1:
        _check_any(rows)


def _find(sources: Sequence[str], volumes: bool) -> tuple[Path, ...]:
    """Returns the paths of all images or volumes without duplicates, in the order of the sources."""
    from opsin.data import find_images, find_volumes

    find = find_volumes if volumes else find_images
    return tuple(dict.fromkeys(path for source in sources for path in find(source)))


def _check(path: Path, error: str | None) -> None:
    """Raises DataError if the only image could not be read."""
    if error is not None:
        from opsin.core import DataError

        raise DataError(error if str(path) in error else f"{path} {error}")


def _check_any(rows: Sequence[dict[str, Any]]) -> None:
    """Raises DataError if none of the images could be read."""
    if rows and all(row["error"] for row in rows):
        from opsin.core import DataError

        raise DataError(f"{len(rows):,} of {len(rows):,} images could not be read. Fix: see the `error` of each row.")


def _show(model: "Model", path: Path, prediction: dict[str, Any]) -> None:
    names = model.task.names
    if supports_images():
        print(render_image(path, model.preprocessing.intensity))
    records = next((prediction[name] for name in ("boxes", "objects") if name in prediction), None)
    if records is None:
        for line in probability_bars(names, prediction):
            print(line)
    else:
        print_objects(names, prediction, records)


def _read_back(output: Path) -> list[dict[str, Any]]:
    """Returns the rows of a table of predictions."""
    import polars as pl

    if output.suffix == ".parquet":
        return pl.read_parquet(output).to_dicts()
    if output.suffix == ".jsonl":
        return pl.read_ndjson(output, infer_schema_length=None).to_dicts()
    text = {name: pl.Utf8 for name in ("path", "label", "labels", "error")}
    return pl.read_csv(output, infer_schema_length=None, schema_overrides=text).to_dicts()
