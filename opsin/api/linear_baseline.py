"""The linear model on pretrained features at the end of a run: its scores, and the choice of the better model."""

from dataclasses import replace

import numpy as np
import torch

from opsin.core import Progress
from opsin.evaluation import Predictions, Score, score
from opsin.model import Model
from opsin.model import load as load_model
from opsin.plan.linear_model import LINEAR_FILE, sample_rows
from opsin.plan.plan import TrainingPlan

from .predicting_splits import predictions_of


def linear_test_scores(prepared: TrainingPlan, device: torch.device, progress: Progress) -> dict[str, Score]:
    """Scores the linear model of a run on test images, with 95 % confidence intervals.

    Args:
        prepared: The plan of the training.
        device: Device of the run.
        progress: Progress callback.

    Returns:
        Scores by name; empty without a linear model or a test split.
    """
    if prepared.linear is None or not prepared.linear.test_images:
        return {}
    linear = load_model(prepared.job.folder / LINEAR_FILE, device)
    linear.tta = "none"
    test = prepared.dataset.split("test")
    rows = sample_rows(len(test.table), prepared.linear.test_images, "test")
    sample = replace(test, table=test.table.select(rows), store_rows=test.store_rows[rows])
    return score(predictions_of(linear, sample, "test", progress), linear.task)


def keep_better(
    prepared: TrainingPlan, trained: Model, valid: Predictions, progress: Progress
) -> tuple[Model, Predictions, str]:
    """Returns the trained model, or the linear model where that is better on the validation split.

    Both are compared on the validation images that the linear model was scored on.

    Args:
        prepared: The plan of the training.
        trained: The trained model.
        valid: Its predictions on the validation split.
        progress: Progress callback.

    Returns:
        The better model, its predictions on the validation split, and one line about the choice; the line is empty
        where the trained model is better.
    """
    linear, task = prepared.linear, trained.task
    if linear is None or not linear.valid_images:
        return trained, valid, ""
    rows = sample_rows(len(valid.ids), linear.valid_images, "valid")
    name, direction = task.monitor
    reached = task.scorer(valid.predictions[rows], valid.targets[rows])(np.ones(len(rows)))[name]
    if not linear.score * direction > reached * direction:
        return trained, valid, ""
    measured = f"{name} {linear.score:.3g} on {len(rows):,} validation images, after training {reached:.3g}"
    if not linear.replaces:
        return trained, valid, f"the linear model on pretrained features is better: {measured}. Fix: leave out --model"
    kept = load_model(prepared.job.folder / LINEAR_FILE, trained.device)
    kept.task = kept.task.uncalibrated()
    valid = predictions_of(kept, prepared.dataset, "valid", progress, features=True)
    return kept, valid, f"the linear model on pretrained features is saved: {measured}"
