"""Everything that is decided before the first step."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from opsin import data, tasks
from opsin.core import DataError, Progress, choose_device
from opsin.data import Batches, Preparation, Table, Target
from opsin.data.dataset import Source
from opsin.model import Model
from opsin.tasks import Task
from opsin.training import Job, Recipe, distributed, fit_last_layer, whiten_stem

from .flip_probe import mirror_keeps_class
from .inputs import enlarged, preparation_of, read_source
from .networks import RANDOM, Start, make_network, start_learned
from .object_crops import boxes_around, cut_out
from .pretrained_probe import LEARNED_SIDE, learned_promise
from .recipe_defaults import Situation, choose_recipe
from .time_budget import seconds_per_step, seconds_to_end

MOST_VALIDATION = 2500
LOOKED_AT = 4000
SAMPLED = 500
"""Masks that stand for all where a few numbers about them are wanted."""
CARRIED_REASON = "small, and its learned weights come with a package"


@dataclass(frozen=True)
class Options:
    """What the person asked for; None where the data decides."""

    task: str | None = None
    model: str | None = None
    epochs: float | None = None
    minutes: float | None = None
    size: int | None = None
    seed: int = 0
    device: str | None = None
    mirror: bool | None = None
    turn: bool = False
    class_weights: bool = False
    pretrained: bool | None = None


@dataclass(frozen=True)
class Prepared:
    """A run before its first step: its data, its job, why things were chosen as they were, and its first weights."""

    source: Source
    job: Job
    reasons: tuple[str, ...]
    start: str = RANDOM

    def with_recipe(self, recipe: Recipe) -> "Prepared":
        """The same run with another recipe."""
        batches = batches_of(self.source, self.job.model, recipe, self.job.batches.seed)
        return replace(self, job=replace(self.job, recipe=recipe, batches=batches))


def prepare(
    origin: Any, options: Options, place: Callable[[str, str], Path], age: Callable[[], float], progress: Progress
) -> Prepared:
    """Reads the data and decides size, network, recipe and time; `age` tells the seconds spent so far.

    `place` makes the run's folder when the task and the data's origin are known.
    """
    device = choose_device(options.device)
    seconds = None if options.minutes is None else options.minutes * 60
    least = LEARNED_SIDE if options.pretrained else 1
    source, choice = read_source(origin, options.task, options.size, device, seconds, progress, least)
    source = replace(source, table=_split(source, options.seed))
    taught = taught_rows(source)
    targets = taught.targets("train")
    task = tasks.choose(source.table.target, targets, options.task)
    promise = ""
    if options.pretrained is None and options.model is None:
        learned, promise = learned_promise(taught, task, choice.name, options.seed, progress)
        options = replace(options, pretrained=learned)
        if learned and options.size is None:
            source = enlarged(source, LEARNED_SIDE, progress)
            taught = taught_rows(source)
    start = _start(options, choice.name, preparation_of(source), task, progress)
    network, preparation = start.network.to(device), start.preparation
    mirror, why = _mirror(taught, options.mirror)
    model = Model(network, task, preparation, _views(task, mirror, max(preparation.size[:2])), {})
    whiten_stem(network, preparation, source.store.pixels, source.rows("train"))
    if start.learned and task.head == "vector":
        fit_last_layer(model, source.store.pixels, source.rows("train"), torch.from_numpy(task.encode(targets)))
    folder = distributed.agree_on_text(lambda: str(place(task.name, source.table.origin)))
    job = _job(model, source, replace(options, pretrained=start.learned), mirror, Path(folder), age)
    if options.class_weights:
        job = replace(job, recipe=replace(job.recipe, class_weights=_class_weights(source.table.target, targets)))
    reason = "asked for" if options.model else CARRIED_REASON if start.learned else choice.reason
    reasons = [f"{network.name} at {preparation.height}x{preparation.width}: {reason}", why, promise]
    if options.pretrained:
        reasons.append(f"starts from {start.weights}")
    return Prepared(source, job, tuple(filter(None, reasons)), start.weights)


def _start(options: Options, otherwise: str, preparation: Preparation, task: Task, progress: Progress) -> Start:
    if options.pretrained:
        start = start_learned(options.model, otherwise, preparation, task, options.seed, progress)
        if bool(distributed.agree(float(start.learned))) != start.learned:
            raise DataError(
                f"the first process and this one do not both have the learned weights; this one starts from "
                f"{start.weights}: bring the file to every machine, or say --no-pretrained"
            )
        return start
    network = make_network(options.model or otherwise, preparation.size, task, options.seed)
    return Start(network, preparation)


def _spread(rows: np.ndarray) -> np.ndarray:
    """Some thousand rows from all over, as they may come class by class."""
    return rows[:: max(1, len(rows) // LOOKED_AT)]


def _split(source: Source, seed: int) -> Table:
    """A tenth for validation, but no more than are needed to choose and calibrate, and a tenth for test."""
    valid = min(0.1, MOST_VALIDATION / len(source.table))
    return data.split(source.table, source.store.digests[source.positions], seed, valid=valid)


def batches_of(source: Source, model: Model, recipe: Recipe, seed: int) -> Batches:
    """The training rows of a source as batches."""
    targets = source.encoded("train", model.task.encode)
    rows, places = source.rows("train"), model.task.places
    return Batches(
        source.store.pixels, rows, targets, recipe.batch, recipe.augmentation, seed, distributed.part(), places
    )


def _job(model: Model, source: Source, options: Options, mirror: bool, folder: Path, age: Callable[[], float]) -> Job:
    """The recipe for the time there is: of so many minutes, a step is timed first."""
    count = int((source.table.rows["split"] == "train").sum())
    amounts = source.table.target.kind == "numbers"
    situation = Situation(
        count,
        max(model.preparation.size[:2]),
        mirror,
        None,
        options.epochs,
        options.turn,
        amounts=amounts,
        places=model.task.places,
        learned=bool(options.pretrained),
        objects=source.table.target.kind == "instances",
    )
    recipe = choose_recipe(situation)
    seconds, step = None, 1.0
    if options.minutes is not None:
        step = distributed.agree(
            seconds_per_step(model, recipe, batches_of(source, model, recipe, options.seed).targets)
        )
        ending = seconds_to_end(model, source)
        seconds = distributed.agree(options.minutes * 60 - age() - ending)
        if seconds <= 10 * step:
            raise DataError(
                f"--minutes {options.minutes:g} leaves no time to train: reading took {age():.0f} s and what comes "
                f"after it, answers and report, {ending:.0f} s; give more minutes or a smaller --size"
            )
        pace = recipe.batch / step * distributed.part()[1]
        recipe = choose_recipe(replace(situation, affordable=seconds * pace))
    batches = batches_of(source, model, recipe, options.seed)
    valid = source.targets("valid")
    return Job(model, batches, source.rows("valid"), valid, recipe, folder, seconds, step)


def taught_rows(source: Source) -> Source:
    """The training rows; of masks a few that stand for all."""
    return source.sampled("train", SAMPLED) if source.masks else source.only("train")


def _mirror(taught: Source, asked: bool | None) -> tuple[bool, str]:
    if asked is not None:
        return asked, f"images are{'' if asked else ' not'} mirrored: asked for"
    target, pixels = taught.table.target, taught.store.pixels
    rows, targets = _spread(taught.rows("train")), _spread(taught.targets("train"))
    if target.kind == "classes":
        return mirror_keeps_class(pixels[rows], targets)
    background = target.kind == "masks"
    if target.kind in ("boxes", "masks", "instances") and len(target.names) - background > 1:
        boxes = list(targets) if taught.masks is None else boxes_around(targets)
        keeps, why = mirror_keeps_class(*cut_out(pixels, rows, boxes))
        return keeps, f"looking at objects one by one, {why}"
    return True, "images are mirrored: a mirrored image has the same target unless you say --no-mirror"


def _views(task: Task, mirror: bool, side: int) -> str:
    if not mirror or task.head == "grid":
        return "one"
    if task.head == "map":
        return "mirror"
    return "mirror_shift" if side <= 64 else "mirror"


def _class_weights(target: Target, targets: np.ndarray) -> tuple[float, ...]:
    """One weight a class, so that each class counts alike in the loss."""
    if target.kind != "classes":
        raise DataError(f"--class-weights is for classes, but the targets are {target.kind}; leave it out")
    counts = np.bincount(targets, minlength=len(target.names)).clip(1)
    return tuple((len(targets) / (len(counts) * counts)).tolist())
