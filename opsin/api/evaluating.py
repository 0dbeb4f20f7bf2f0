"""The verb that scores a model on labelled images."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from opsin import data as formats
from opsin.core import DataError, Progress, keep_large_buffers, silent
from opsin.data import Table, Target
from opsin.model import Model
from opsin.model import load as load_model

from .finish import evaluation_of, predictions_of
from .results import Evaluation
from .sources import store_at


def evaluate(
    model: str | Path | Model,
    data: Any,
    *,
    device: str | None = None,
    split: str | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Scores a model, with intervals, on a folder, CSV, npz or (images, targets).

    When the data has a test split only that is scored, unless `split` names another ("train", "valid"). Raises
    DataError when the data's classes are not the model's.
    """
    keep_large_buffers()
    loaded = model if isinstance(model, Model) else load_model(model, device)
    table = formats.read(data, loaded.task.name)
    table = _in_words_of(loaded, table)
    chosen = split or ("test" if (table.rows["split"] == "test").any() else None)
    source = store_at(table, loaded.preparation.size, progress)
    if chosen is None:
        source = source.as_split("test")
    predictions = predictions_of(loaded, source, chosen or "test", progress)
    if not predictions.ids:
        raise DataError(f"{table.origin} has no image in the split {chosen!r}; expected one of its splits")
    known_baseline = loaded.about.get("baseline")
    baseline = loaded.task.baseline(predictions.targets, 1)[0] if known_baseline is None else np.array(known_baseline)
    return evaluation_of(loaded, predictions, baseline)


def _in_words_of(model: Model, table: Table) -> Table:
    """The table with its classes, labels or numbers in the model's order; all of them must be known to the model."""
    names, known = table.target.names, model.task.names
    unknown = [name for name in names if name not in known]
    if unknown or (table.target.kind != "classes" and len(names) != len(known)):
        raise DataError(
            f"{table.origin} has the targets {_some(names)}, but the model answers {_some(known)}; "
            "expected the same names"
        )
    place = [known.index(name) for name in names]
    if place == list(range(len(known))):
        return table
    if table.target.kind == "classes":
        targets = pl.Series("target", np.array(place)[table.targets()], dtype=pl.Int64)
    else:
        targets = pl.Series("target", table.targets()[:, np.argsort(place)].tolist(), dtype=pl.List(pl.Float64))
    return replace(table, rows=table.rows.with_columns(targets), target=Target(table.target.kind, known))


def _some(names: Any) -> str:
    shown = [str(name) for name in names]
    return ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")
