"""The verbs that make a model: train and resume."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from opsin.core import OpsinError, Progress, keep_large_buffers, silent
from opsin.train import Recipe, Trainer, ranks

from .finish import finish
from .prepare import Options, prepare
from .record import read_record, write_record
from .results import Run


def _nothing(line: str) -> None: ...


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
    mirror: bool | None = None,
    turn: bool = False,
    class_weights: bool = False,
    pretrained: bool = False,
    out: str | Path | None = None,
    recipe: Callable[[Recipe], Recipe] | None = None,
    started: float | None = None,
    progress: Progress = silent,
    say: Callable[[str], None] = _nothing,
) -> Run:
    """Trains a CNN on labelled images and reports its scores on images that it never saw.

    `data` is a folder, a CSV, an .npz or (images, targets). `minutes` bounds the whole call, reading and reporting
    included, counted from `started` (time.monotonic()); `epochs` is the number of passes over the training images.
    `mirror` says whether a mirrored image keeps its target (None: found out), `turn` whether an image turned by a
    quarter does (as under a microscope). `pretrained` starts from weights learned on ImageNet, or says why it cannot.
    `recipe` may change the chosen recipe, as in `lambda r: dataclasses.replace(r, batch=64)`. Raises OpsinError in one
    line when something is wrong; Interrupted, with all work saved, on Ctrl-C.
    """
    begun = time.monotonic() if started is None else started
    if epochs is not None and minutes is not None:
        raise OpsinError(f"epochs={epochs:g} and minutes={minutes:g} cannot both be kept; give one of them")
    if not all(number is None or 0 < number < float("inf") for number in (epochs, minutes, size)):
        raise OpsinError(f"epochs={epochs}, minutes={minutes}, size={size}: expected numbers above 0")
    keep_large_buffers()
    asked = Options(task, None if model is None else str(model), epochs, minutes, size, seed, device, mirror)
    asked = replace(asked, turn=turn, class_weights=class_weights, pretrained=pretrained)
    prepared = prepare(data, asked, None if out is None else Path(out), lambda: time.monotonic() - begun, progress)
    if recipe is not None:
        prepared = prepared.with_recipe(recipe(prepared.job.recipe))
    if ranks.part()[0] == 0:
        write_record(prepared, asked)
    for line in (*prepared.source.table.notes, *prepared.reasons, f"run folder: {prepared.job.folder}"):
        say(line)
    Trainer(prepared.job, progress).run()
    return finish(prepared, time.monotonic() - begun, progress)


def resume(
    folder: str | Path, *, data: Any = None, progress: Progress = silent, say: Callable[[str], None] = _nothing
) -> Run:
    """Goes on with a run that was stopped or killed, and ends with the weights it would have had.

    `data` is needed only when the run was started from arrays. Raises ModelFileError when the folder holds no run or
    its images have changed.
    """
    begun = time.monotonic()
    keep_large_buffers()
    prepared, _ = read_record(Path(folder), data, progress)
    trainer = Trainer(prepared.job, progress)
    trainer.resume()
    say(f"going on at step {trainer.state.step}")
    before = trainer.seconds
    trainer.run()
    return finish(prepared, before + time.monotonic() - begun, progress)
