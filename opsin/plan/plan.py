"""Everything that is decided before the first step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from opsin import data, tasks
from opsin.core import DataError, Progress, choose_device
from opsin.data import Batches, Preprocessing, Table
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.tasks import Task
from opsin.training import Recipe, TrainJob, distributed, fit_linear_probe, init_whitening_stem

from .flip_probe import flip_keeps_class
from .inputs import fit_preprocessing, read_dataset, upscaled
from .networks import RANDOM_WEIGHTS, InitialNetwork, make_network, pretrained_network
from .object_crops import boxes_from_masks, crop_objects
from .pretrained_probe import PRETRAINED_MIN_SIDE, probe_pretrained
from .recipe_defaults import TrainingSetup, default_recipe
from .time_budget import estimate_finish_seconds, seconds_per_step

MOST_VALIDATION = 2500
LOOKED_AT = 4000
SAMPLED = 500
"""Masks that stand for all where a few numbers about them are wanted."""
BUNDLED_REASON = "small, and its learned weights come with a package"


@dataclass(frozen=True)
class TrainOptions:
    """What the person asked for; None where the data decides."""

    task: str | None = None
    model: str | None = None
    epochs: float | None = None
    minutes: float | None = None
    size: int | None = None
    seed: int = 0
    device: str | None = None
    hflip: bool | None = None
    rotate90: bool = False
    class_weights: bool = False
    pretrained: bool | None = None


@dataclass(frozen=True)
class TrainingPlan:
    """A run before its first step: its data, its job, why things were chosen as they were, and its first weights."""

    dataset: Dataset
    job: TrainJob
    reasons: tuple[str, ...]
    initial_weights: str = RANDOM_WEIGHTS

    def with_recipe(self, recipe: Recipe) -> "TrainingPlan":
        """The same run with another recipe."""
        batches = batches_of(self.dataset, self.job.model, recipe, self.job.batches.seed)
        return replace(self, job=replace(self.job, recipe=recipe, batches=batches))


def make_plan(
    origin: Any, options: TrainOptions, place: Callable[[str, str], Path], age: Callable[[], float], progress: Progress
) -> TrainingPlan:
    """Reads the data and decides size, network, recipe and time; `age` tells the seconds spent so far.

    `place` makes the run's folder when the task and the data's origin are known.
    """
    device = choose_device(options.device)
    seconds = None if options.minutes is None else options.minutes * 60
    least = PRETRAINED_MIN_SIDE if options.pretrained else 1
    source, choice = read_dataset(origin, options.task, options.size, device, seconds, progress, least)
    source = replace(source, table=_split(source, options.seed))
    taught = training_subset(source)
    targets = taught.targets("train")
    task = tasks.choose(source.table.target, targets, options.task)
    promise = ""
    if options.pretrained is None and options.model is None:
        learned, promise = probe_pretrained(taught, task, choice.name, options.seed, progress)
        options = replace(options, pretrained=learned)
        if learned and options.size is None:
            source = upscaled(source, PRETRAINED_MIN_SIDE, progress)
            taught = training_subset(source)
    start = _start(options, choice.name, fit_preprocessing(source), task, progress)
    network, preprocessing = start.network.to(device), start.preprocessing
    hflip, why = _hflip(taught, options.hflip)
    model = Model(network, task, preprocessing, task.default_tta(hflip, max(preprocessing.size[:-1])))
    init_whitening_stem(network, preprocessing, source.store.pixels, source.rows("train"))
    if start.pretrained and task.output.is_vector:
        fit_linear_probe(model, source.store.pixels, source.rows("train"), torch.from_numpy(task.encode(targets)))
    folder = distributed.text_from_rank0(lambda: str(place(task.name, source.table.origin)))
    job = _job(model, source, replace(options, pretrained=start.pretrained), hflip, Path(folder), age)
    if options.class_weights:
        job = replace(job, recipe=replace(job.recipe, class_weights=task.class_weights(targets)))
    reason = "asked for" if options.model else BUNDLED_REASON if start.pretrained else choice.reason
    reasons = [f"{network.name} at {'x'.join(map(str, preprocessing.size[:-1]))}: {reason}", why, promise]
    if options.pretrained:
        reasons.append(f"starts from {start.weights}")
    return TrainingPlan(source, job, tuple(filter(None, reasons)), start.weights)


def _start(
    options: TrainOptions, otherwise: str, preprocessing: Preprocessing, task: Task, progress: Progress
) -> InitialNetwork:
    if options.pretrained:
        start = pretrained_network(options.model, otherwise, preprocessing, task, options.seed, progress)
        if bool(distributed.from_rank0(float(start.pretrained))) != start.pretrained:
            raise DataError(
                f"the first process and this one do not both have the learned weights; this one starts from "
                f"{start.weights}: bring the file to every machine, or say --no-pretrained"
            )
        return start
    network = make_network(options.model or otherwise, preprocessing.size, task, options.seed)
    return InitialNetwork(network, preprocessing)


def _spread(rows: np.ndarray) -> np.ndarray:
    """Some thousand rows from all over, as they may come class by class."""
    return rows[:: max(1, len(rows) // LOOKED_AT)]


def _split(source: Dataset, seed: int) -> Table:
    """A tenth for validation, but no more than are needed to choose and calibrate, and a tenth for test."""
    valid = min(0.1, MOST_VALIDATION / len(source.table))
    return data.split(source.table, source.store.pixel_hashes[source.store_rows], seed, valid=valid)


def batches_of(source: Dataset, model: Model, recipe: Recipe, seed: int) -> Batches:
    """The training rows of a source as batches."""
    targets = source.encoded_targets("train", model.task.encode)
    rows, spatial = source.rows("train"), model.task.output.spatial
    return Batches(
        source.store.pixels,
        rows,
        targets,
        recipe.batch_size,
        recipe.augmentation,
        seed,
        distributed.rank_and_world(),
        spatial,
        model.task.sampler,
    )


def _job(
    model: Model, source: Dataset, options: TrainOptions, hflip: bool, folder: Path, age: Callable[[], float]
) -> TrainJob:
    """The recipe for the time there is: of so many minutes, a step is timed first."""
    count = int((source.table.rows["split"] == "train").sum())
    side = max(model.preprocessing.size[:-1])
    setup = TrainingSetup(count, side, hflip, None, options.epochs, options.rotate90, bool(options.pretrained))
    recipe = default_recipe(setup, model.task)
    seconds, step = None, 1.0
    if options.minutes is not None:
        step = distributed.from_rank0(
            seconds_per_step(model, recipe, batches_of(source, model, recipe, options.seed).targets)
        )
        ending = estimate_finish_seconds(model, source)
        seconds = distributed.from_rank0(options.minutes * 60 - age() - ending)
        if seconds <= 10 * step:
            raise DataError(
                f"--minutes {options.minutes:g} leaves no time to train: reading took {age():.0f} s and what comes "
                f"after it, answers and report, {ending:.0f} s; give more minutes or a smaller --size"
            )
        pace = recipe.batch_size / step * distributed.rank_and_world()[1]
        recipe = default_recipe(replace(setup, affordable=seconds * pace), model.task)
    batches = batches_of(source, model, recipe, options.seed)
    valid = source.targets("valid")
    return TrainJob(model, batches, source.rows("valid"), valid, recipe, folder, seconds, step)


def training_subset(source: Dataset) -> Dataset:
    """The training rows; of masks a few that stand for all."""
    return source.sampled("train", SAMPLED) if source.masks else source.split("train")


def _hflip(subset: Dataset, asked: bool | None) -> tuple[bool, str]:
    """Returns if horizontal flips keep the target, and why."""
    if asked is not None:
        return asked, f"images are{'' if asked else ' not'} flipped horizontally: requested"
    pixels, target = subset.store.pixels, subset.table.target
    if pixels.ndim != 4:
        return False, "volumes are not flipped: no augmentation for them yet"
    rows, targets = _spread(subset.rows("train")), _spread(subset.targets("train"))
    if pixels.ndim != 4:
        return False, ""
    if target.kind.is_class:
        return flip_keeps_class(pixels[rows], targets)
    if target.kind.is_spatial and len(target.names) - target.kind.has_background > 1:
        boxes = list(targets) if subset.masks is None else boxes_from_masks(targets)
        keeps, why = flip_keeps_class(*crop_objects(pixels, rows, boxes))
        return keeps, f"looking at single objects, {why}"
    return True, "images are flipped horizontally: a flip keeps the target unless you use --no-hflip"
