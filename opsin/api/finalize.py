"""The end of a training: calibration, scores on the test split, model file and report."""

import datetime
import time
from dataclasses import replace

import numpy as np

from opsin.core import Progress
from opsin.data import image_statistics
from opsin.evaluation import Predictions, score
from opsin.model import Model, Provenance
from opsin.plan.plan import TrainingPlan, training_subset
from opsin.training import distributed

from .linear_baseline import better_model, linear_test_scores
from .predicting_splits import predictions_of
from .provenance import machine, versions
from .reporting import write_run_report
from .results import Evaluation, Run


def evaluation_of(model: Model, predictions: Predictions, baseline: np.ndarray) -> Evaluation:
    """Scores predictions and the baseline, which is not calibrated: its probabilities are class frequencies.

    Args:
        model: The model, for its task.
        predictions: Its predictions.
        baseline: Parameters of the baseline, from `Task.fit_baseline`.

    Returns:
        Both scores with intervals.
    """
    constant = model.task.baseline_predictions(baseline, predictions.predictions)
    task = model.task
    plain = task.uncalibrated()
    of_baseline = score(replace(predictions, predictions=constant), plain)
    return Evaluation(score(predictions, task), of_baseline, predictions)


def finish(prepared: TrainingPlan, seconds: float, progress: Progress) -> Run:
    """Calibrates on the validation split, scores the test split once, and writes model, predictions and report.

    Without a test split there are no scores: the weights were chosen on the validation split. The saved predictions
    of the validation split are those that the calibration was fitted on.

    Args:
        prepared: The plan of the training, with its weights in the run folder.
        seconds: Seconds that the run took so far.
        progress: Progress callback.

    Returns:
        Folder, files and scores of the run.
    """
    job, source = prepared.job, prepared.dataset
    begun = time.monotonic()
    path = job.folder / "best.safetensors"
    distributed.barrier()
    model, valid, note = better_model(prepared, next(job.model.network.parameters()).device, progress)
    prepared = replace(prepared, reasons=(*prepared.reasons, *filter(None, [note])))
    model.task = model.task.calibrated(valid.predictions, valid.targets)
    baseline = model.task.fit_baseline(training_subset(source).targets("train"))
    test = predictions_of(model, source, "test", progress, features=True)
    evaluation = evaluation_of(model, test, baseline)
    evaluation = replace(evaluation, linear_baseline=linear_test_scores(prepared, model.device, progress))
    model.provenance = _provenance(prepared, evaluation, baseline)
    report, verdict = job.folder / "report.html", None
    if distributed.rank_and_world()[0] == 0:
        model.save(path)
        Predictions.concatenate([valid, test]).to_parquet(job.folder / "predictions.parquet")
        progress("report", 0, 1)
        report, verdict = write_run_report(prepared, model, evaluation, seconds + time.monotonic() - begun)
        progress("report", 1, 1)
    distributed.barrier()
    total = seconds + time.monotonic() - begun
    scores = (evaluation.scores, evaluation.baseline)
    linear = evaluation.linear_baseline
    return Run(job.folder, path, report, model.task.name, total, *scores, verdict, linear, note)


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
