"""Plan of a run: data set, task, network, recipe and time, decided before the first training step."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from opsin import data, tasks
from opsin.core import DataError, Progress, choose_device, silent_line
from opsin.data import Batches, Table
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.tasks import Task
from opsin.training import Recipe, TimeLimit, TrainJob, distributed, init_output_bias, init_whitening_stem

from .flip_probe import flip_keeps_target
from .inputs import read_dataset
from .linear_model import LinearBaseline, save_linear_model
from .networks import RANDOM_WEIGHTS
from .probe_samples import samples_without_features
from .recipe_defaults import TrainingSetup, default_recipe
from .requested import augmentation_at, check_augment, with_requested
from .start import PRETRAINED_MIN_SIDE, Start, StartRequest, choose_start
from .time_budget import estimate_finish, seconds_per_step
from .volumes import VolumeOptions

MAX_VALIDATION = 2500
"""Maximum expected number of validation images: enough to select weights and to calibrate."""
MASK_SAMPLE = 500
"""Number of masks from which statistics are computed."""
BUNDLED_REASON = "small, with pretrained weights in a Python package"


@dataclass(frozen=True)
class TrainOptions:
    """Options of a training run from the user; None leaves the choice to the plan.

    Args:
        task: Name of the task. Default: inferred from the targets.
        model: Name of a network or of pretrained weights. Default: chosen for the data.
        epochs: Number of epochs.
        minutes: Time for the whole run, from reading to the report.
        size: Side of the network's input in pixels.
        seed: Seed of splits, weights and batches.
        device: "cpu", "cuda" or another device of PyTorch. Default: the fastest available.
        hflip: Augmentation by horizontal flips. Default: measured on training images.
        rotate90: Augmentation by rotations of 90 degrees.
        class_weights: Weight the loss by inverse class frequency.
        pretrained: Start from pretrained weights. Default: measured on training images.
        batch: Images per step.
        lr: Peak learning rate of AdamW; that of Muon changes by the same factor.
        augment: Level of augmentation, of `requested.AUGMENT_LEVELS`.
        patience: Validations without a better score that end training; 0 for no early stopping.
        workers: Threads that prepare batches.
        spacing: Distance between voxels that volumes are resampled to, in millimetres. Default: the median of the data.
        window: (low, high) values of volumes that become black and white. Default: chosen from the data.
        labels: Columns of a table that hold the targets. Default: recognised by their names.
    """

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
    batch: int | None = None
    lr: float | None = None
    augment: str | None = None
    patience: int | None = None
    workers: int = 1
    spacing: tuple[float, float, float] | None = None
    window: tuple[float, float] | None = None
    labels: str | Sequence[str] | None = None


@dataclass(frozen=True)
class TrainingPlan:
    """A run before its first training step.

    Args:
        dataset: Decoded images with their targets and splits.
        job: Model, batches, recipe and folder.
        reasons: Explanations of the choices, one line each.
        initial_weights: Description of the weights at the start.
        linear: Linear model on pretrained features, saved in the run folder; None where there is none.
    """

    dataset: Dataset
    job: TrainJob
    reasons: tuple[str, ...]
    initial_weights: str = RANDOM_WEIGHTS
    linear: LinearBaseline | None = None

    def with_recipe(self, recipe: Recipe) -> "TrainingPlan":
        """Returns the plan with another recipe."""
        batches = batches_of(self.dataset, self.job.model, recipe, self.job.batches.seed)
        return replace(self, job=replace(self.job, recipe=recipe, batches=batches))


def make_plan(
    origin: Any,
    options: TrainOptions,
    make_folder: Callable[[str, str], Path],
    elapsed: Callable[[], float],
    progress: Progress,
    say: Callable[[str], None] = silent_line,
) -> TrainingPlan:
    """Reads the data and decides on task, input size, network, augmentation, recipe and time.

    Args:
        origin: Data set, as `opsin.data.read` takes it.
        options: Options from the user.
        make_folder: Creates the run folder for a task name and the origin of the data.
        elapsed: Returns the seconds since the start of the run.
        progress: Called with the number of samples that were read.
        say: Called with lines on what the data set was recognised as.

    Raises:
        DataError: The data do not fit the options, or the time is too short.
    """
    check_augment(options.augment)
    device = choose_device(options.device)
    seconds = None if options.minutes is None else options.minutes * 60
    geometry = VolumeOptions.of(options.spacing, options.window)
    least = PRETRAINED_MIN_SIDE if options.pretrained else 1
    asked = origin, options.task, options.size
    source, choice = read_dataset(*asked, device, seconds, progress, least, say, geometry, options.labels)
    source = replace(source, table=_split(source, options.seed))
    subset = training_subset(source)
    targets = subset.targets("train")
    prepared = source.store.preprocessing
    task = tasks.choose(
        source.table.target, targets, options.task, getattr(prepared, "spacing", None) if prepared.in_patches else None
    )
    weights = task.class_weights(targets) if options.class_weights else None
    request = StartRequest(options.model, options.pretrained, options.size is not None, options.seed, device, weights)
    left = None if seconds is None else seconds - elapsed()
    start = choose_start(source, task, request, choice.name, left, progress)
    source, network, preprocessing = start.source, start.initial.network.to(device), start.initial.preprocessing
    hflip, hflip_reason = _hflip(start, options, left)
    model = Model(network, task, preprocessing, task.default_tta(hflip, max(preprocessing.size[:-1])))
    _init_from_data(model, source, targets, start.initial.pretrained)
    folder = Path(distributed.text_from_rank0(lambda: str(make_folder(task.name, source.table.origin))))
    job = _make_job(model, start, options, hflip, folder, elapsed)
    if weights is not None:
        job = replace(job, recipe=replace(job.recipe, class_weights=weights))
    save_linear_model(start.linear, folder)
    reason = "requested" if options.model else BUNDLED_REASON if start.initial.pretrained else choice.reason
    reasons = [f"{network.name} at {'x'.join(map(str, preprocessing.size[:-1]))}: {reason}", hflip_reason, start.reason]
    if options.pretrained or start.initial.pretrained:
        reasons.append(f"starts from {start.initial.weights}")
    linear = None if start.linear is None else start.linear.baseline
    return TrainingPlan(source, job, tuple(filter(None, reasons)), start.initial.weights, linear)


def _init_from_data(model: Model, source: Dataset, targets: np.ndarray, pretrained: bool) -> None:
    """Sets the first kernels, unless they are pretrained, and the last bias from the training data."""
    if not pretrained:
        init_whitening_stem(model.network, model.preprocessing, source.store.pixels, source.rows("train"))
    bias = model.task.output_bias(targets)
    if bias is not None:
        init_output_bias(model.network, bias)


def _split(source: Dataset, seed: int) -> Table:
    """Splits off 10 % for validation, at most about 2,500 images, and 10 % for test."""
    valid = min(0.1, MAX_VALIDATION / len(source.table))
    return data.split(source.table, source.store.pixel_hashes[source.store_rows], seed, valid=valid)


def batches_of(source: Dataset, model: Model, recipe: Recipe, seed: int) -> Batches:
    """Returns the training rows of a data set as batches; targets are encoded by the task of the model."""
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


def _make_job(
    model: Model, start: Start, options: TrainOptions, hflip: bool, folder: Path, elapsed: Callable[[], float]
) -> TrainJob:
    """Returns the job with a recipe for the available time."""
    source = start.source
    count = int((source.table.rows["split"] == "train").sum())
    side = max(model.preprocessing.size[:-1])
    whole = len(model.preprocessing.size) == 4 and not model.preprocessing.in_patches
    pixels = math.prod(model.preprocessing.size[:-1]) if model.preprocessing.in_patches else None
    pretrained, turns = start.initial.pretrained, options.rotate90
    setup = TrainingSetup(
        count, side, hflip, None, options.epochs, turns, pretrained, options.batch, pixels, augmented=not whole
    )
    recipe = _recipe(setup, model.task, options)
    limit = None
    if options.minutes is not None:
        limit = _time_limit(model, start, recipe, options, elapsed)
        images_per_second = recipe.batch_size / limit.seconds_per_step * distributed.rank_and_world()[1]
        recipe = _recipe(replace(setup, affordable=limit.seconds * images_per_second), model.task, options)
    batches = batches_of(source, model, recipe, options.seed)
    valid = source.targets("valid")
    return TrainJob(model, batches, source.rows("valid"), valid, recipe, folder, limit, options.workers)


def _time_limit(
    model: Model, start: Start, recipe: Recipe, options: TrainOptions, elapsed: Callable[[], float]
) -> TimeLimit:
    """Returns the time for training within `options.minutes`, with measured estimates of its parts."""
    assert options.minutes is not None
    example = batches_of(start.source, model, recipe, options.seed).targets
    step = distributed.from_rank0(seconds_per_step(model, recipe, example))
    finish = estimate_finish(model, start.source)
    after = finish.seconds + (0.0 if start.linear is None else start.linear.test_seconds)
    used = elapsed()
    seconds = distributed.from_rank0(options.minutes * 60 - used - after)
    if seconds < step:
        enough = math.ceil((used + after + step) / 6) / 10
        raise DataError(
            f"--minutes {options.minutes:g} leaves no time to train: reading took {used:.0f} s, a training step "
            f"takes {step:.1f} s, evaluation and report after training need {after:.0f} s. "
            f"Fix: use --minutes {enough:g} or more, or reduce --size."
        )
    return TimeLimit(seconds, step, distributed.from_rank0(finish.validation_seconds))


def _recipe(setup: TrainingSetup, task: Task, options: TrainOptions) -> Recipe:
    """Returns the default recipe, with what the user asked for in its place."""
    recipe = with_requested(default_recipe(setup, task), options.lr, options.patience)
    if options.augment is None:
        return recipe
    wanted = augmentation_at(options.augment, task, setup.side, hflip=setup.hflip, rotate90=setup.rotate90)
    return replace(recipe, augmentation=wanted)


def training_subset(source: Dataset) -> Dataset:
    """Returns the training rows of a data set; with masks a sample of 500."""
    return source.sampled("train", MASK_SAMPLE) if source.masks else source.split("train")


def _hflip(start: Start, options: TrainOptions, seconds: float | None) -> tuple[bool, str]:
    """Returns True if horizontal flips keep the target, and the reason."""
    requested = False if options.hflip is None and options.augment == "none" else options.hflip
    if requested is not None:
        return requested, f"images are{'' if requested else ' not'} flipped horizontally: requested"
    pixels, target = start.source.store.pixels, start.source.table.target
    if pixels.ndim != 4:
        return False, "volumes are not flipped: most anatomy has a left and a right"
    if target.kind.is_spatial and len(target.names) - target.kind.has_background < 2:
        return True, "images are flipped horizontally: a flip keeps the target unless you use --no-hflip"
    if start.samples is not None:
        return flip_keeps_target(start.samples.flips(seconds), target.names)
    return flip_keeps_target(samples_without_features(start.source), target.names)
