"""What a run's report says, gathered from the rooms that know it."""

import json
from pathlib import Path

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
            sum(weight.numel() for weight in model.network.parameters()),
            prepared.reasons,
            summary.text(),
            nn.flow_svg(model.network),
        ),
        answers=AnswerFacts(model.task, evaluation.predictions, evaluation.scores, evaluation.baseline),
        run=RunFacts(
            args["command"],
            job.batches.seed,
            seconds,
            model.about["machine"],
            model.about["versions"],
            tuple(pl.read_csv(job.folder / "metrics.csv").to_dicts()),
            job.recipe.to_json(),
        ),
    )
    return write_report(job.folder, facts)
