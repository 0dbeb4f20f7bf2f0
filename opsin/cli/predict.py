"""`opsin predict`: predictions of a model for one or many images."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .output import print_json, print_next, print_objects
from .picture import on_terminal, probability_bars, render_image, supports_images
from .prediction_table import print_counts, print_predictions, read_rows
from .progress import reporting

if TYPE_CHECKING:
    from opsin.model import Model

TABLES = (".csv", ".jsonl", ".parquet")
MAX_COUNTED_BYTES = 2**26
"""Maximum size of a table whose predictions are counted, as it is read into memory."""


def predict(
    model: options.ModelFile,
    images: options.Images,
    output: options.Output = None,
    save: options.Save = None,
    tiles: options.Tiles = None,
    confidence: options.Confidence = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the predictions as one JSON list.")] = False,
) -> None:
    """Predicts on images and videos.

    On a terminal, one image is shown with its prediction, and many as a table with counts. Otherwise each image or
    video frame gives one line of JSON, or a row of FILE. With -o, an interrupted run resumes where it stopped.
    """
    if as_json and output is not None and Path(output).suffix.lower() not in TABLES:
        raise typer.BadParameter(
            f"{output} is not a table. Expected a name with {', '.join(TABLES)}. Fix: omit --json.", param_hint="--json"
        )
    with reporting() as progress:
        from opsin import api
        from opsin.data import is_video
        from opsin.predict import content_of, find_inputs

        loaded = api.load(model, device)
        in_patches = loaded.preprocessing.in_patches
        inputs = find_inputs(images, volumes=in_patches)
        alone = len(inputs) == 1 and not is_video(inputs[0])
        asked: dict[str, Any] = {"tiles": tiles, "confidence": confidence}
        if alone and output is save is None and not as_json and on_terminal() and not in_patches:
            single = loaded.predict(content_of(inputs[0]), **asked)[0]
            rows: list[dict[str, Any]] = []
        else:
            single = None
            asked |= {"save": save, "progress": progress, "say": progress.say}
            rows = api.predict_files(loaded, inputs, output, **asked)
    if single is not None:
        return _show(loaded, content_of(inputs[0]), single)
    if alone and output is None:
        _check(rows[0]["path"], rows[0]["error"])
    _print_rows(rows, output, as_json, loaded.task.names)
    if save is not None:
        print(f"saved   {save}", file=sys.stderr if output is None else sys.stdout)
    if output is not None:
        print_next("evaluate", model, "LABELLED_IMAGES", stderr=True)
    if not alone:
        _check_any(rows)


def _print_rows(rows: list[dict[str, Any]], output: str | None, as_json: bool, names: Sequence[str]) -> None:
    """Prints predictions: as JSON for programs, as a table on a terminal; and counts, which JSON has on stderr."""
    if output is not None:
        print(output, file=sys.stderr if as_json else sys.stdout)
        table = Path(output)
        short = table.suffix.lower() in TABLES and (as_json or table.stat().st_size <= MAX_COUNTED_BYTES)
        rows = read_rows(table) if short else []
    people = on_terminal() and not as_json
    if as_json:
        print_json(rows)
    elif output is None and people:
        print_predictions(rows)
    elif output is None:
        for row in rows:
            print_json(row)
    if len(rows) > 1 and not as_json:
        print_counts(rows, names, stderr=output is None and not people)


def _check(name: str, error: str | None) -> None:
    """Raises DataError if the only image could not be read."""
    if error is not None:
        from opsin.core import DataError

        raise DataError(error if name in error else f"{name} {error}")


def _check_any(rows: Sequence[dict[str, Any]]) -> None:
    """Raises DataError if none of the images could be read."""
    if rows and all(row["error"] for row in rows):
        from opsin.core import DataError

        raise DataError(f"{len(rows):,} of {len(rows):,} images could not be read. Fix: see the `error` of each row.")


def _show(model: "Model", image: Any, prediction: dict[str, Any]) -> None:
    names = model.task.names
    if supports_images():
        print(render_image(image, model.preprocessing.intensity))
    records = next((prediction[name] for name in ("boxes", "objects") if name in prediction), None)
    if records is None:
        for line in probability_bars(names, prediction):
            print(line)
    else:
        print_objects(names, prediction, records)
