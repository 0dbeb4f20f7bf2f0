"""Evaluation of a model on labelled images."""

import datetime
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from opsin import data as formats
from opsin.core import (
    DataError,
    OpsinError,
    Progress,
    keep_large_buffers,
    show_in_notebook,
    silent,
    silent_line,
    write_text,
)
from opsin.data import Table, Target
from opsin.data.dataset import Dataset
from opsin.evaluation import Predictions
from opsin.model import Model
from opsin.model import load as load_model
from opsin.plan.inputs import open_dataset
from opsin.report import RunSection

from .finalize import evaluation_of, predictions_of
from .provenance import machine, versions
from .reporting import current_command, write_evaluation_report
from .results import Evaluation
from .run_folder import check_apart, check_writable, new_folder


@show_in_notebook
def evaluate(
    model: str | Path | Model,
    data: Any,
    *,
    device: str | None = None,
    split: str | None = None,
    labels: str | Sequence[str] | None = None,
    report: bool = False,
    out: str | Path | None = None,
    progress: Progress = silent,
    say: Callable[[str], None] = silent_line,
) -> Evaluation:
    """Evaluates a model on labelled images: scores with 95 % confidence intervals, compared with a baseline.

    Args:
        model: Model, or path of its file.
        data: Folder, CSV, npz, another supported format, or (images, targets).
        device: Device, such as "cpu". Default: the fastest of this machine.
        split: Split to evaluate: "train", "valid" or "test". Default: test where there is one, otherwise all images.
        labels: Columns of a table that hold the targets, as for `opsin.train`.
        report: Writes an HTML report, the predictions and plots.
        out: Folder of the report. Default: a new folder under runs/evaluate/.
        progress: Progress callback.
        say: Called with each remark on the data.

    Returns:
        Scores, baseline scores and predictions.

    Raises:
        DataError: The data cannot be read, has no image in the split, or has other classes than the model.
        OpsinError: The folder cannot be written or holds a training run.
    """
    begun = time.monotonic()
    keep_large_buffers()
    place = None if out is None else Path(out)
    if report or place is not None:
        _check_place(place, data)
    loaded = model if isinstance(model, Model) else load_model(model, device)
    table = _with_names_of(loaded, formats.read(data, loaded.task.target_kind, labels))
    source = _test_rows(loaded, table, split, progress)
    for line in source.table.notes:
        say(line)
    predictions = predictions_of(loaded, source, "test", progress, features=report or place is not None)
    if split is not None:
        predictions = replace(predictions, split=np.full(len(predictions.ids), split, object))
    baseline = _baseline(loaded, predictions)
    evaluation = evaluation_of(loaded, predictions, baseline)
    if not report and place is None:
        return evaluation
    folder = new_folder(place, "evaluate", source.table.origin)
    file = None if isinstance(model, Model) else str(model)
    return _write_evaluation(folder, loaded, file, source, evaluation, begun)


def _check_place(out: Path | None, data: Any) -> None:
    """Raises OpsinError when the folder cannot be written, or holds a run or the data set."""
    if out is not None and (out / "args.yaml").exists():
        raise OpsinError(f"{out} holds a training run, whose report would be overwritten. Fix: name another folder.")
    check_apart(out, data)
    check_writable(out)


def _test_rows(model: Model, table: Table, split: str | None, progress: Progress) -> Dataset:
    """Returns the rows to evaluate as a test split, with the model's names, and notes on the limits of the scores."""
    chosen = split or ("test" if (table.rows["split"] == "test").any() else None)
    source = open_dataset(table, model.preprocessing, progress)
    asked = source.as_split("test") if chosen is None else source.split(chosen).as_split("test")
    if not len(asked.table):
        splits = [str(name) for name in table.rows["split"].drop_nulls().unique().sort()]
        known = f"one of its splits: {', '.join(splits)}" if splits else "none, as the data has no splits"
        raise DataError(f"{table.origin} has no image in the split {chosen!r}; expected {known}")
    notes: list[str] = []
    if chosen != "test" and model.provenance.fingerprint == source.fingerprint:
        notes.append(
            "the model was trained on images of this data set: these scores do not apply to new images. "
            "Scores on its test split are in the report of its training."
        )
    absent = [name for name, rows in model.task.subgroups(asked.targets("test")).items() if not len(rows)]
    if absent and asked.table.target.kind.is_class:
        notes.append(f"no image has the class {_shortened(absent)}, which the model predicts too")
    return replace(asked, table=asked.table.with_notes(*notes))


def _baseline(model: Model, predictions: Predictions) -> np.ndarray:
    """Returns the baseline of the training data, or of these targets when the model's file has none that fits."""
    fitted = model.task.fit_baseline(predictions.targets)
    known = np.array(model.provenance.baseline or (), fitted.dtype)
    return known if known.shape == fitted.shape else fitted


def _write_evaluation(
    folder: Path, model: Model, file: str | None, source: Dataset, evaluation: Evaluation, begun: float
) -> Evaluation:
    """Writes evaluation.json, predictions.parquet, report.html and plots; returns the evaluation with its page."""
    table = source.table
    command = current_command(f"opsin.evaluate({file or 'model'!r}, {table.origin!r}, report=True)")
    evaluation.predictions.to_parquet(folder / "predictions.parquet")
    content: dict[str, Any] = {
        "command": command,
        "model": file,
        "model_fingerprint": model.fingerprint,
        "data": table.origin,
        "fingerprint": source.fingerprint,
        "images": len(table),
        "scores": {name: value.to_json() for name, value in evaluation.scores.items()},
        "baseline_scores": {name: value.to_json() for name, value in evaluation.baseline.items()},
        "notes": list(table.notes),
        "versions": versions(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    write_text(folder / "evaluation.json", json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    run = RunSection(command, None, time.monotonic() - begun, machine(model.device), versions())
    return replace(evaluation, report=write_evaluation_report(folder, model, file, source, evaluation, run))


def _with_names_of(model: Model, table: Table) -> Table:
    """Returns the table with its classes, labels or numbers in the model's order; raises DataError for unknown ones."""
    names, known = table.target.names, model.task.names
    unknown = [name for name in names if name not in known]
    if unknown or (table.target.kind.is_vector and len(names) != len(known)):
        raise DataError(
            f"{table.origin} has the targets {_shortened(names)}, but the model predicts {_shortened(known)}. "
            "Expected the same "
            + (f"names. Fix: rename or leave out {_shortened(unknown)}." if unknown else "number of them.")
        )
    place = [known.index(name) for name in names]
    if place == list(range(len(known))):
        return table
    if table.target.kind.reordered is None:
        raise DataError(
            f"{table.origin} has the classes {_shortened(names)}, but the model predicts {_shortened(known)}. "
            "Expected the same classes in the same order, as mask values are class indices."
        )
    targets = table.target.kind.reordered(table.rows["target"], place)
    return replace(table, rows=table.rows.with_columns(targets), target=Target(table.target.kind, known))


def _shortened(names: Any) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")
