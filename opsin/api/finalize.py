"""The end of a training: calibration, scores on the test split, model file and report."""

import datetime
import time
from dataclasses import replace

import numpy as np
import torch

from opsin.core import Progress
from opsin.data import image_statistics
from opsin.data.dataset import Dataset
from opsin.evaluation import Predictions, score
from opsin.model import Model, Provenance
from opsin.model import load as load_model
from opsin.plan.plan import TrainingPlan, training_subset
from opsin.training import distributed, predict_rows
from opsin.training.inference import CHUNK

from .provenance import machine, versions
from .reporting import write_run_report
from .results import Evaluation, Run


def predictions_of(
    model: Model, source: Dataset, split: str, progress: Progress, *, features: bool = False
) -> Predictions:
    """Predicts on the rows of one split.

    Args:
        model: The model.
        source: The data set.
        split: Name of the split, such as "test".
        progress: Progress callback.
        features: Computes the features of a network with vector outputs too.

    Returns:
        Predictions in the order of the rows, with logits where the network's outputs are vectors; boxes in pixels of
        the original images.
    """
    table, pixels, rows, stage = source.table.split(split), source.store.pixels, source.rows(split), f"predict {split}"
    logits: np.ndarray | None = None
    inputs_of_head: np.ndarray | None = None
    if len(model.network.output_shape) == 1:
        logits, inputs_of_head = _vectors(model, pixels, rows, progress, stage, features)
        predictions = model.task.decode(torch.from_numpy(logits))
    else:
        predictions = predict_rows(model, pixels, rows, progress, stage)
        predictions = model.task.to_image_space(predictions, source.placements(split), masks=False)
    groups = table.rows["group"]
    named = None if groups.null_count() == len(groups) else groups.fill_null(table.rows["id"]).to_numpy()
    ids, splits = tuple(table.rows["id"].to_list()), np.full(len(table), split, object)
    return Predictions(ids, named, splits, source.scoring_targets(split), predictions, logits, inputs_of_head)


def _vectors(
    model: Model, pixels: np.ndarray, rows: np.ndarray, progress: Progress, stage: str, features: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Computes logits and features of rows of a store, in pieces, so that memory stays flat."""
    logits, inputs_of_head = list[np.ndarray](), list[np.ndarray]()
    for start in range(0, max(1, len(rows)), CHUNK):
        arrays = pixels[rows[start : start + CHUNK]]
        logits.append(model.logits(arrays).numpy())
        if features:
            inputs_of_head.append(model.features(arrays))
        progress(stage, min(start + CHUNK, len(rows)), len(rows))
    return np.concatenate(logits), np.concatenate(inputs_of_head) if features else None


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
    model = load_model(path, next(job.model.network.parameters()).device)
    model.tta = job.model.tta
    valid = predictions_of(model, source, "valid", progress, features=True)
    model.task = model.task.calibrated(valid.predictions, valid.targets)
    baseline = model.task.fit_baseline(training_subset(source).targets("train"))
    test = predictions_of(model, source, "test", progress, features=True)
    evaluation = evaluation_of(model, test, baseline)
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
    return Run(job.folder, path, report, model.task.name, total, evaluation.scores, evaluation.baseline, verdict)


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
