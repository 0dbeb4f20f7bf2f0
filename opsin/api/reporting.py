"""What a run's report says, gathered from the rooms that know it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from opsin import nn
from opsin.model import Model
from opsin.report import AnswerFacts, DataFacts, NetworkFacts, ReportFacts, RunFacts, write_report

from .prepare import Prepared
from .results import Evaluation


def report_of(prepared: Prepared, model: Model, evaluation: Evaluation, seconds: float) -> Path:
    """Writes `report.html` and `plots/` into the run's folder, from its `args.yaml`, `metrics.csv` and answers."""
    job, source = prepared.job, prepared.source
    args = json.loads((job.folder / "args.yaml").read_text(encoding="utf-8"))
    summary = nn.summarize(model.network)
    facts = ReportFacts(
        data=DataFacts(source.table, source.store.pixels, source.positions, source.fingerprint),
        network=NetworkFacts(
            model.network.name,
            summary.trainable + summary.fixed,
            prepared.reasons,
            summary.text(details=True),
            nn.flow_svg(model.network),
        ),
        answers=AnswerFacts(model.task, evaluation.predictions, evaluation.scores, evaluation.baseline),
        run=RunFacts(
            command_of(args),
            job.batches.seed,
            seconds,
            model.about["machine"],
            model.about["versions"],
            _metrics(job.folder / "metrics.csv"),
            job.recipe.to_json(),
        ),
    )
    return write_report(job.folder, facts)


def command_of(args: Mapping[str, Any]) -> str:
    """What was typed, or the call when the run was started from Python.

    >>> command_of({"command": "pytest", "data": "digits", "options": {"task": None, "epochs": 2, "seed": 0}})
    "opsin.train('digits', epochs=2, seed=0)"
    """
    command = str(args["command"])
    if command.startswith(("opsin train", "opsin demo")):
        return command
    data = "data" if args["data"] == "arrays" else repr(args["data"])
    options: Mapping[str, Any] = args["options"]
    asked = [f"{name}={value!r}" for name, value in options.items() if name == "seed" or value not in (None, False)]
    return f"opsin.train({', '.join([data, *asked])})"


def _metrics(path: Path) -> tuple[dict[str, Any], ...]:
    """The rows of metrics.csv; none when training was stopped before the first."""
    return tuple(pl.read_csv(path, infer_schema_length=None).to_dicts()) if path.exists() else ()
