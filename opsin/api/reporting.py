"""Content of the reports of runs and evaluations."""

import json
import math
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from opsin import nn
from opsin.data import as_picture
from opsin.data.dataset import Dataset
from opsin.evaluation import Score
from opsin.model import Model
from opsin.plan.plan import TrainingPlan
from opsin.report import (
    DataSection,
    ModelSection,
    NetworkSection,
    PredictionSection,
    ReportContent,
    RunSection,
    TrainingInput,
    Verdict,
    verdict_of,
    write_report,
)
from opsin.report.pictures import picture
from opsin.training import TrainJob

from .results import Evaluation

IMAGE_AXES = 4
"""Axes of an array of images: (n, height, width, channels)."""
MAX_INPUTS, INPUT_SIDE = 12, 320
"""Maximum number and side in pixels of the training inputs that a report shows."""


def write_run_report(
    prepared: TrainingPlan, model: Model, evaluation: Evaluation, seconds: float
) -> tuple[Path, Verdict]:
    """Writes `report.html` and `plots/` into the run folder.

    Args:
        prepared: The plan of the training; the folder holds `args.yaml` and `metrics.csv`.
        model: The trained model.
        evaluation: Its scores and predictions on the test split.
        seconds: Duration of the run.

    Returns:
        Path and verdict of the page.
    """
    job, source = prepared.job, prepared.dataset
    inputs = training_inputs(job) if job.batches.pixels.ndim == IMAGE_AXES else ()
    args = json.loads((job.folder / "args.yaml").read_text(encoding="utf-8"))
    content = ReportContent(
        data=_data_section(source),
        network=_network_section(model, prepared.reasons),
        predictions=PredictionSection(
            model.task,
            evaluation.predictions,
            evaluation.scores,
            evaluation.baseline,
            evaluation.linear_baseline,
        ),
        run=RunSection(
            reproduce_command(args),
            job.batches.seed,
            seconds,
            model.provenance.machine,
            model.provenance.versions,
            _metrics(job.folder / "metrics.csv"),
            {**job.recipe.to_json(), "minutes": args["options"]["minutes"]},
        ),
        inputs=inputs,
    )
    return write_report(job.folder, content), verdict_of(content)


def training_inputs(job: TrainJob) -> tuple[TrainingInput, ...]:
    """Returns the first images of the first batch with their targets, as the network is trained on them.

    Args:
        job: Batches of images, and the model for its task.
    """
    task, batch = job.model.task, job.batches.batch(0)
    images = batch.images[:MAX_INPUTS].numpy()
    targets = task.decode_targets(batch.targets[:MAX_INPUTS].numpy())
    return tuple(
        TrainingInput(picture(task.draw_target(as_picture(image), target), INPUT_SIDE), task.describe_target(target))
        for image, target in zip(images, targets, strict=True)
    )


def write_evaluation_report(
    folder: Path, model: Model, file: str | None, source: Dataset, evaluation: Evaluation, run: RunSection
) -> Path:
    """Writes `report.html` and `plots/` of an evaluation.

    Args:
        folder: Folder of the report.
        model: The model.
        file: Path of its file; None for a model in memory.
        source: The rows that were evaluated.
        evaluation: Scores and predictions.
        run: Command, duration and machine of the evaluation.

    Returns:
        Path of the page.
    """
    content = ReportContent(
        data=_data_section(source),
        network=_network_section(model, ()),
        predictions=PredictionSection(model.task, evaluation.predictions, evaluation.scores, evaluation.baseline),
        run=run,
        model=ModelSection(file or "a model in memory", model.fingerprint, origin_of(model), _known_scores(model)),
    )
    return write_report(folder, content)


def _data_section(source: Dataset) -> DataSection:
    store = source.store
    targets = source.all_targets()
    return DataSection(
        source.table, store.pixels, source.store_rows, source.fingerprint, targets, store.preprocessing.intensity
    )


def _network_section(model: Model, reasons: tuple[str, ...]) -> NetworkSection:
    summary = nn.summarize(model.network)
    count = summary.trainable + summary.fixed
    return NetworkSection(model.network.name, count, reasons, summary.text(details=True), nn.diagram_svg(model.network))


def origin_of(model: Model) -> tuple[tuple[str, str], ...]:
    """Returns the origin of a model as pairs of a title and a text; only what its file holds.

    Examples:
        >>> from types import SimpleNamespace
        >>> from opsin.model import Provenance
        >>> origin_of(SimpleNamespace(provenance=Provenance(data="cats", images={"train": 1200, "test": 3}, seed=5)))
        (('Trained on', 'cats (1,200 train, 3 test)'), ('Seed of training', '5'))
    """
    known = model.provenance
    counts = ", ".join(f"{count:,} {split}" for split, count in known.images.items())
    rows = (
        ("Trained on", f"{known.data} ({counts})" if known.data and counts else known.data),
        ("Fingerprint of that data", known.fingerprint),
        ("Initial weights", known.initial_weights),
        ("Seed of training", "" if known.seed is None else str(known.seed)),
        ("Created", known.created),
        ("Machine", known.machine),
        ("Versions", ", ".join(f"{name} {version}" for name, version in known.versions.items())),
    )
    return tuple((title, text) for title, text in rows if text)


def _known_scores(model: Model) -> dict[str, Score]:
    """Returns the scores of the model's training; an undefined one is no number."""
    parts = ("value", "low", "high")
    return {
        name: Score(*(math.nan if score[part] is None else float(score[part] or 0.0) for part in parts))
        for name, score in model.provenance.scores.items()
    }


def current_command(call: str) -> str:
    """Returns the command line of this process, or the Python `call` where it is not the command `opsin`."""
    program = Path(sys.argv[0])
    started = program.stem == "opsin" or (program.stem, program.parent.name) == ("__main__", "opsin")
    return shlex.join(["opsin", *sys.argv[1:]]) if started else call


def reproduce_command(args: Mapping[str, Any]) -> str:
    """Returns the command line that repeats a run, or the call when it was started from Python.

    Args:
        args: Content of the run's `args.yaml`.

    Examples:
        >>> args = {"command": "pytest", "data": "digits", "options": {"task": None, "epochs": 2, "seed": 0}}
        >>> reproduce_command(args)
        "opsin.train('digits', epochs=2, seed=0)"
    """
    command = str(args["command"])
    if command.startswith(("opsin train", "opsin demo")):
        return command
    data = "data" if args["data"] == "arrays" else repr(args["data"])
    options: Mapping[str, Any] = args["options"]
    asked = [
        f"{name}={value!r}"
        for name, value in options.items()
        if value is not None and value is not False and (name, value) != ("workers", 1)
    ]
    return f"opsin.train({', '.join([data, *asked])})"


def _metrics(path: Path) -> tuple[dict[str, Any], ...]:
    """Returns the rows of metrics.csv; none when training was stopped before the first."""
    return tuple(pl.read_csv(path, infer_schema_length=None).to_dicts()) if path.exists() else ()
