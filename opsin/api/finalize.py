"""From trained weights to a model with its scores, its file and its report."""

import datetime
import time
from dataclasses import replace

import numpy as np

from opsin.core import Progress
from opsin.data import image_statistics
from opsin.data.dataset import Dataset
from opsin.evaluation import Predictions, score
from opsin.model import Model, Provenance
from opsin.model import load as load_model
from opsin.plan.plan import TrainingPlan, training_subset
from opsin.tasks import Classify, MultiLabel
from opsin.training import distributed, predict_rows

from .provenance import machine, versions
from .reporting import report_of
from .results import Evaluation, Run


def predictions_of(model: Model, source: Dataset, split: str, progress: Progress) -> Predictions:
    """What a model answers, once, for the rows of a split."""
    table = source.table.split(split)
    predictions = predict_rows(model, source.store.pixels, source.rows(split), progress, f"answer {split}")
    predictions = model.task.restore(predictions, source.placements(split))
    groups = table.rows["group"]
    named = None if groups.null_count() == len(groups) else groups.fill_null(table.rows["id"]).to_numpy()
    return Predictions(tuple(table.rows["id"].to_list()), named, predictions, source.scoring_targets(split))


def evaluation_of(model: Model, predictions: Predictions, baseline: np.ndarray) -> Evaluation:
    """Scores with intervals, beside those of the trivial answer, which is made of `baseline`.

    The model's temperature is no part of the trivial answer, which knows the classes' shares as they are.
    """
    constant = model.task.baseline_predictions(baseline, predictions.predictions)
    trivial = Predictions(predictions.ids, predictions.groups, constant, predictions.targets)
    task = model.task
    plain = replace(task, temperature=1.0) if isinstance(task, Classify | MultiLabel) else task
    return Evaluation(score(predictions, task), score(trivial, plain), predictions)


def finish(prepared: TrainingPlan, seconds: float, progress: Progress) -> Run:
    """Calibrates on validation, answers the test split once, and writes model, predictions and report.

    Without a test split there are no scores: the validation split chose the weights, so it cannot judge them.
    """
    job, source = prepared.job, prepared.dataset
    begun = time.monotonic()
    path = job.folder / "best.safetensors"
    distributed.barrier()
    model = load_model(path, next(job.model.network.parameters()).device)
    model.tta = job.model.tta
    valid = predictions_of(model, source, "valid", progress)
    model.task = model.task.calibrated(valid.predictions, valid.targets)
    baseline = model.task.fit_baseline(training_subset(source).targets("train"))
    evaluation = evaluation_of(model, predictions_of(model, source, "test", progress), baseline)
    model.provenance = _provenance(prepared, evaluation, baseline)
    report = job.folder / "report.html"
    if distributed.rank_and_world()[0] == 0:
        model.save(path)
        evaluation.predictions.to_parquet(job.folder / "predictions.parquet")
        progress("report", 0, 1)
        report = report_of(prepared, model, evaluation, seconds + time.monotonic() - begun)
        progress("report", 1, 1)
    distributed.barrier()
    total = seconds + time.monotonic() - begun
    return Run(job.folder, path, report, model.task.name, total, evaluation.scores, evaluation.baseline)


def _provenance(prepared: TrainingPlan, evaluation: Evaluation, baseline: np.ndarray) -> Provenance:
    """Describes the origin of the model, for the header of its file."""
    job, table = prepared.job, prepared.dataset.table
    usual = image_statistics(table)
    return Provenance(
        data=table.origin,
        image_size=(usual.height, usual.width),
        fingerprint=prepared.dataset.fingerprint,
        images={split: int((table.rows["split"] == split).sum()) for split in ("train", "valid", "test")},
        seed=job.batches.seed,
        recipe=job.recipe.to_json(),
        initial_weights=prepared.initial_weights,
        baseline=tuple(baseline.tolist()),
        scores={name: value.to_json() for name, value in evaluation.scores.items()},
        baseline_scores={name: value.to_json() for name, value in evaluation.baseline.items()},
        notes=tuple(table.notes),
        versions=versions(),
        machine=machine(job.model.device),
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
