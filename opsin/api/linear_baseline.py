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
    test = prepared.dataset.split("test")
    rows = sample_rows(len(test.table), prepared.linear.test_images, "test")
    sample = replace(test, table=test.table.select(rows), store_rows=test.store_rows[rows])
    return score(predictions_of(linear, sample, "test", progress), linear.task)


def better_model(prepared: TrainingPlan, device: torch.device, progress: Progress) -> tuple[Model, Predictions, str]:
    """Loads the trained model, or the linear model where that is better on the validation split.

    Both are compared on the validation images that the linear model was scored on.

    Args:
        prepared: The plan of the training, with its models in the run folder.
        device: Device of the run.
        progress: Progress callback.

    Returns:
        The better model, its predictions on the validation split, and one line about the choice; the line is empty
        where the trained model is better.
    """
    folder, facts, source = prepared.job.folder, prepared.linear, prepared.dataset
    trained = load_model(folder / "best.safetensors", device)
    linear = None if facts is None else load_model(folder / LINEAR_FILE, device)
    kept = "the linear model on pretrained features is saved"
    if linear is not None and _same_weights(trained, linear):  # the run ended before, and is evaluated again
        return _uncalibrated(linear), predictions_of(linear, source, "valid", progress, features=True), kept
    trained.tta = prepared.job.model.tta
    valid = predictions_of(trained, source, "valid", progress, features=True)
    if linear is None or facts is None or not facts.valid_images:
        return trained, valid, ""
    rows = sample_rows(len(valid.ids), facts.valid_images, "valid")
    name, direction = trained.task.monitor
    reached = trained.task.scorer(valid.predictions[rows], valid.targets[rows])(np.ones(len(rows)))[name]
    if not facts.score * direction > reached * direction:
        return trained, valid, ""
    measured = f"{name} {facts.score:.3g} on {len(rows):,} validation images, after training {reached:.3g}"
    if not facts.replaces:
        better = f"the linear model on pretrained features is better: {measured}"
        return trained, valid, f"{better}. Fix: leave out --model and --no-pretrained"
    valid = predictions_of(linear, source, "valid", progress, features=True)
    return _uncalibrated(linear), valid, f"{kept}: {measured}"


def _uncalibrated(model: Model) -> Model:
    model.task = model.task.uncalibrated()
    return model


def _same_weights(first: Model, second: Model) -> bool:
    one, other = first.network.state_dict(), second.network.state_dict()
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())
