"""The verbs that make a model: train and resume."""

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

from opsin.core import OpsinError, Progress, choose_device, keep_large_buffers, show_in_notebook, silent, silent_line
from opsin.plan.plan import TrainingPlan, TrainOptions, make_plan
from opsin.report import stopped_early
from opsin.training import Recipe, Trainer, distributed

from .finalize import finish
from .results import Run
from .run_folder import check_apart, run_folder_guard
from .run_record import RunRequest, load_unstarted_run, read_record, write_record


class Hyperparameters(TypedDict, total=False):
    """Further options of `train`; those that are not given are chosen from the data.

    Attributes:
        batch: Images per step.
        lr: Peak learning rate of AdamW; that of Muon changes by the same factor.
        augment: Augmentation: "none", "light" or "strong".
        patience: Validations without a better score that end training; 0 never stops. Default: 15; 0 with `minutes`.
        workers: Threads that prepare batches; the result does not depend on their number. Default: 1.
        spacing: Distance between voxels that volumes are resampled to: to superior, anterior and right, in millimetres.
            Default: the median of the data.
        window: (low, high) values of volumes that become black and white. Default: from the foreground of CT, z-score
            for others.
        labels: Columns of a table that hold the targets: names, or one text with commas between them. Default:
            recognised by their names.
    """

    batch: int | None
    lr: float | None
    augment: str | None
    patience: int | None
    workers: int
    spacing: tuple[float, float, float] | None
    window: tuple[float, float] | None
    labels: str | Sequence[str] | None


@show_in_notebook
def train(
    data: Any,
    *,
    task: str | None = None,
    model: str | Path | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    size: int | None = None,
    seed: int = 0,
    device: str | None = None,
    hflip: bool | None = None,
    rotate90: bool = False,
    class_weights: bool = False,
    pretrained: bool | None = None,
    out: str | Path | None = None,
    recipe: Callable[[Recipe], Recipe] | None = None,
    started: float | None = None,
    progress: Progress = silent,
    say: Callable[[str], None] = silent_line,
    **hyperparameters: Unpack[Hyperparameters],
) -> Run:
    """Trains a CNN on labelled images and scores it on images that it was not trained on.

    Args:
        data: Folder, CSV file, .npz file, or (images, targets).
        task: Name of the task. Default: chosen from the data.
        model: Network, as a name or a file. Default: chosen from the data.
        epochs: Number of passes over the training images. Excludes `minutes`.
        minutes: Limit of the whole call in minutes, with reading and report.
        size: Image size in pixels. Default: chosen from the data.
        seed: Seed of all random numbers.
        device: Device of PyTorch. Default: the fastest one.
        hflip: Augments with horizontal flips. Default: chosen from the data.
        rotate90: Augments with 90-degree rotations.
        class_weights: Weights classes by their inverse frequency.
        pretrained: Starts from weights pretrained on ImageNet. Default: chosen from the data.
        out: Folder of the run. Default: a new folder in `runs`.
        recipe: Changes the chosen recipe, for example `lambda r: dataclasses.replace(r, batch_size=64)`.
        started: Start of the time limit in seconds of `time.monotonic()`. Default: now.
        progress, say: Callbacks for progress and for lines of text. Default: none.
        hyperparameters: batch, lr, augment, patience, workers, spacing, window and labels, as in `Hyperparameters`.

    Returns:
        The finished run.

    Raises:
        OpsinError: The data or an option is invalid.
        Interrupted: Ctrl-C, after all work is saved.
    """
    begun = started or time.monotonic()
    _check_limits(epochs, minutes, size, hyperparameters)
    distributed.join(choose_device(device))
    network = None if model is None else str(model)
    asked = TrainOptions(task, network, epochs, minutes, size, seed, device, hflip, rotate90, class_weights, pretrained)
    asked = replace(asked, **hyperparameters)
    request = RunRequest(data, asked, shlex.join(["opsin", *sys.argv[1:]]), recipe is not None)
    keep_large_buffers()
    with run_folder_guard(check_apart(out, data), request) as place:
        prepared = make_plan(data, asked, place, lambda: time.monotonic() - begun, progress, say)
    return _from_start(_with(recipe, prepared), request, begun, progress, say)


def _with(recipe: Callable[[Recipe], Recipe] | None, prepared: TrainingPlan) -> TrainingPlan:
    return prepared if recipe is None else prepared.with_recipe(recipe(prepared.job.recipe))


def _check_limits(
    epochs: float | None, minutes: float | None, size: int | None, hyperparameters: Hyperparameters
) -> None:
    if epochs is not None and minutes is not None:
        raise OpsinError(f"epochs={epochs:g} and minutes={minutes:g} cannot both be kept; give one of them")
    own = ((name, hyperparameters.get(name)) for name in ("batch", "lr", "workers"))
    for name, number in (("epochs", epochs), ("minutes", minutes), ("size", size), *own):
        if number is not None and not 0 < number < float("inf"):
            raise OpsinError(f"{name} is {number:g}; expected a finite number above 0, or none to let the data decide")


@show_in_notebook
def resume(
    folder: str | Path, *, data: Any = None, progress: Progress = silent, say: Callable[[str], None] = silent_line
) -> Run:
    """Resumes an interrupted run from its last checkpoint, or from the start if it has none.

    Args:
        folder: Folder of the run.
        data: The images and targets, needed only for a run started from arrays. Default: the recorded data.
        progress: Callback for progress. Default: none.
        say: Callback for lines of text. Default: none.

    Returns:
        The finished run.

    Raises:
        ModelFileError: The folder holds no run, or its images have changed.
    """
    begun, folder = time.monotonic(), Path(folder)
    keep_large_buffers()
    new = load_unstarted_run(folder, data)
    if new is not None:
        say(f"{folder} was stopped before its first checkpoint: starting it anew")
        request, recipe = new
        distributed.join(choose_device(request.options.device))
        prepared = make_plan(
            request.data, request.options, lambda task, origin: folder, lambda: time.monotonic() - begun, progress, say
        )
        if recipe is not None and request.own_recipe:
            prepared = prepared.with_recipe(recipe)
        return _from_start(prepared, request, begun, progress, say)
    prepared, _ = read_record(folder, data, progress)
    trainer = Trainer(prepared.job, progress)
    trainer.resume()
    say(f"going on at step {trainer.state.step}")
    before = trainer.seconds
    _walk(trainer, say)
    return _finished(prepared, before + time.monotonic() - begun, progress, say)


def _from_start(
    prepared: TrainingPlan, request: RunRequest, begun: float, progress: Progress, say: Callable[[str], None]
) -> Run:
    """Trains a prepared run from its first step, then evaluates it."""
    ready = time.monotonic()
    if distributed.rank_and_world()[0] == 0:
        write_record(prepared, request)
    for line in (*prepared.dataset.table.notes, *prepared.reasons, f"run folder: {prepared.job.folder}"):
        say(line)
    job = prepared.job
    if job.limit is not None:
        left = max(1e-3, job.limit.seconds - (time.monotonic() - ready))
        job = replace(job, limit=replace(job.limit, seconds=left))
    _walk(Trainer(job, progress), say)
    return _finished(prepared, time.monotonic() - begun, progress, say)


def _finished(prepared: TrainingPlan, seconds: float, progress: Progress, say: Callable[[str], None]) -> Run:
    run = finish(prepared, seconds, progress)
    if run.note:
        say(run.note)
    return run


def _walk(trainer: Trainer, say: Callable[[str], None]) -> None:
    """Trains to the end, and reports an early stop."""
    state, job = trainer.run(), trainer.job
    reached = state.step / job.batches.per_epoch
    line = stopped_early(reached, job.recipe.epochs, state.stale, job.recipe.patience, job.model.task.monitor[0])
    if line:
        say(line)
