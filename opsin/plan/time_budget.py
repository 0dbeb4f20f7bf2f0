"""Measures training steps and estimates the time after the last step, to plan runs with `--minutes`."""

import copy
import time
from dataclasses import dataclass, replace

import numpy as np
import torch

from opsin.data import Batch, MaskSubset
from opsin.data.dataset import Dataset
from opsin.evaluation import Predictions, replicates_for, score
from opsin.model import Model
from opsin.model.test_time_augmentation import TTA_MODES
from opsin.report import MOST_PLOTS, seconds_a_chart
from opsin.tasks import Task
from opsin.training import Recipe
from opsin.training.step import Stepper

REST_SECONDS = 1.5
"""Time for the selected weights, the report page and the exit, nearly independent of data and network."""
RESERVE = 1.2
"""Safety factor: predictions on whole splits are slower than the timed ones."""
BYTES_A_SECOND = 100e6
"""Speed of a slow disk; weights are read once and written once."""
FEW_VOLUMES = 2
SAMPLE = 16
"""Number of images that are predicted and repeated to the size of a split."""
CURVES = 2
"""Number of training curves in the report, in addition to the charts of the task."""
TIMED_IMAGES, TIMED_SECONDS, TIMED_STEPS = 32, 0.6, 3


@dataclass(frozen=True)
class FinishTime:
    """Estimates of times.

    Attributes:
        seconds: Seconds after the last step: predictions of validation and test images, scores, charts and files.
        validation_seconds: Seconds of one validation during training.
    """

    seconds: float
    validation_seconds: float


def estimate_finish(model: Model, source: Dataset) -> FinishTime:
    """Estimates the seconds to predict validation and test images, score them, draw charts and save.

    Args:
        model: Untrained model of the run.
        source: Data set with its splits.
    """
    valid, test = (int((source.table.rows["split"] == split).sum()) for split in ("valid", "test"))
    saving = 2 * 4 * sum(value.numel() for value in model.network.state_dict().values()) / BYTES_A_SECOND
    each = seconds_per_image(model, source.store.pixels)
    predicting = RESERVE * (valid + test) * each
    passes = TTA_MODES[model.tta] + (len(model.network.output_shape) == 1)
    few = FEW_VOLUMES if model.preprocessing.in_patches else SAMPLE
    sample = _sample_predictions(model, source, few)
    drawing = (CURVES + min(MOST_PLOTS, len(model.task.charts(sample.predictions, sample.targets)))) * seconds_a_chart()
    scoring = seconds_to_score(_sample_predictions(model, source, test), model.task) if test else 0.0
    seconds = REST_SECONDS + predicting + scoring + drawing + saving
    return FinishTime(seconds, valid * each / passes + saving / 2)


def seconds_per_image(model: Model, pixels: np.ndarray) -> float:
    """Measures the seconds per image of prediction and features, with test-time augmentation, on at most 256 images.

    Args:
        model: Model to time.
        pixels: Letterboxed images, uint8 (n, height, width, channels).
    """

    def timed(count: int) -> float:
        batch = pixels[np.arange(count) % len(pixels)]
        begun = time.monotonic()
        model.predict_batch(batch)
        if len(model.network.output_shape) == 1:
            model.features(batch)
        return (time.monotonic() - begun) / count

    timed(2)
    if model.preprocessing.in_patches:
        return timed(min(4, len(pixels)))
    rough = timed(TIMED_IMAGES)
    count = int(min(256, TIMED_SECONDS / max(rough, 1e-9)))
    return rough if count <= TIMED_IMAGES else timed(count)


def seconds_to_score(predictions: Predictions, task: Task) -> float:
    """Estimates the seconds for confidence intervals of predictions and baseline, from a few bootstrap replicates.

    Args:
        predictions: Predictions with targets.
        task: Task that scores them.
    """
    few = 4
    begun = time.monotonic()
    score(predictions, task, replicates=few)
    between = time.monotonic()
    score(predictions, task, replicates=3 * few)
    ended = time.monotonic()
    each = max(0.0, (ended - between) - (between - begun)) / (2 * few)
    first = max(0.0, between - begun - few * each)
    return 2 * (first + each * replicates_for(predictions.values))


def _sample_predictions(model: Model, source: Dataset, rows: int) -> Predictions:
    """Returns predictions for `rows` rows: those of up to 16 training images, repeated."""
    subset = source.split("train")
    most = FEW_VOLUMES if model.preprocessing.in_patches else SAMPLE
    count = max(1, min(most, rows, len(subset.table)))
    predictions = model.predict_batch(source.store.pixels[subset.store_rows[:count]])
    repeats = np.arange(rows) % count
    targets = replace(
        subset, table=subset.table.select(np.arange(count)), store_rows=subset.store_rows[:count]
    ).targets("train")
    return Predictions(
        tuple(map(str, range(rows))), None, np.full(rows, "test"), targets[repeats], predictions[repeats]
    )


def seconds_per_step(model: Model, recipe: Recipe, example_targets: torch.Tensor | MaskSubset) -> float:
    """Measures the seconds per training step, over three steps of a copy of the network on noise images.

    Args:
        model: Model of the run; its network is not changed.
        recipe: Recipe with the batch size and the losses.
        example_targets: Encoded targets of some training rows, repeated to a batch.
    """
    trial = copy.copy(model)
    trial.network = copy.deepcopy(model.network)
    stepper = Stepper(trial, recipe, seed=0)
    prepared = model.preprocessing
    noise = np.random.default_rng(0).integers(0, 256, (recipe.batch_size, *prepared.size))
    repeats = torch.arange(recipe.batch_size) % len(example_targets)
    batch = Batch(torch.from_numpy(noise.astype(prepared.dtype)), example_targets[repeats])
    stepper.step(batch, 0, 0.0)
    begun = time.monotonic()
    for number in range(TIMED_STEPS):
        stepper.step(batch, number, 0.0)
    return (time.monotonic() - begun) / TIMED_STEPS
