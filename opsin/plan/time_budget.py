"""How long a run takes after its last step, measured before its first: what `--minutes` must leave for it."""

import copy
import time
from dataclasses import replace

import numpy as np
import torch

from opsin.data import Batch, MaskSubset
from opsin.data.dataset import Dataset
from opsin.evaluation import Predictions, replicates_for, score
from opsin.model import Model
from opsin.report import MOST_PLOTS, seconds_a_chart
from opsin.tasks import Task
from opsin.training import Recipe
from opsin.training.step import Stepper

REST_SECONDS = 1.5
"""Loading the best weights, the page, closing down: what hardly depends on data or network."""
RESERVE = 1.2
"""Answers in a row take longer than those that were timed."""
BYTES_A_SECOND = 100e6
"""Weights are read once and written once; of a slow disk."""
FEW = 16
"""Images that stand for all, as often as needed."""
CURVES = 2
"""Charts of the training itself, beside those of the task."""
TRIED, ENOUGH_SECONDS = 32, 0.6


def estimate_finish_seconds(model: Model, source: Dataset) -> float:
    """Seconds to answer validation and test images, score them, draw and save; each part is tried for a moment."""
    valid, test = (int((source.table.rows["split"] == split).sum()) for split in ("valid", "test"))
    saving = 2 * 4 * sum(value.numel() for value in model.network.state_dict().values()) / BYTES_A_SECOND
    answering = RESERVE * (valid + test) * seconds_per_image(model, source.store.pixels)
    few = _tried(model, source, FEW)
    drawing = (CURVES + min(MOST_PLOTS, len(model.task.charts(few.predictions, few.targets)))) * seconds_a_chart()
    scoring = seconds_of_scores(_tried(model, source, test), model.task) if test else 0.0
    return REST_SECONDS + answering + scoring + drawing + saving


def seconds_per_image(model: Model, pixels: np.ndarray) -> float:
    """Seconds a model takes for one of these images, over all of its views, timed on a few hundred at most."""

    def timed(count: int) -> float:
        some = pixels[np.arange(count) % len(pixels)]
        begun = time.monotonic()
        model.predict_batch(some)
        if len(model.network.output_shape) == 1:
            model.features(some)
        return (time.monotonic() - begun) / count

    timed(2)
    rough = timed(TRIED)
    count = int(min(256, ENOUGH_SECONDS / max(rough, 1e-9)))
    return rough if count <= TRIED else timed(count)


def seconds_of_scores(answers: Predictions, task: Task) -> float:
    """Seconds of the intervals of answers like these and of as many trivial ones, timed on a few replicates."""
    few = 4
    begun = time.monotonic()
    score(answers, task, replicates=few)
    between = time.monotonic()
    score(answers, task, replicates=3 * few)
    ended = time.monotonic()
    each = max(0.0, (ended - between) - (between - begun)) / (2 * few)
    first = max(0.0, between - begun - few * each)
    return 2 * (first + each * replicates_for(answers.values))


def _tried(model: Model, source: Dataset, rows: int) -> Predictions:
    """So many answers of the untrained network, to some of the images over and over."""
    some = source.split("train")
    count = max(1, min(FEW, rows, len(some.table)))
    answers = model.predict_batch(source.store.pixels[some.store_rows[:count]])
    again = np.arange(rows) % count
    targets = replace(some, table=some.table.select(np.arange(count)), store_rows=some.store_rows[:count]).targets(
        "train"
    )
    return Predictions(tuple(map(str, range(rows))), None, np.full(rows, "test"), targets[again], answers[again])


TIMED = 3


def seconds_per_step(model: Model, recipe: Recipe, example_targets: torch.Tensor | MaskSubset) -> float:
    """Seconds a step of `recipe.batch` images takes, timed over three steps of a copy of the network.

    `example_targets` are encoded targets of some training rows; the images are noise.
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
    for number in range(TIMED):
        stepper.step(batch, number, 0.0)
    return (time.monotonic() - begun) / TIMED
