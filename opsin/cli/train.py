"""`opsin train`: trains a network on labelled images."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from . import options
from .clock import STARTED
from .config import drop_overridden
from .output import print_json, print_next, print_scores, print_sentences, scores_json
from .progress import reporting

if TYPE_CHECKING:
    from opsin.api import Run


def train(
    ctx: typer.Context,
    data: options.Data = None,
    task: options.Task = None,
    labels: options.Labels = None,
    model: options.Network = None,
    epochs: options.Epochs = None,
    minutes: options.Minutes = None,
    size: options.Size = None,
    seed: options.Seed = 0,
    device: options.Device = None,
    hflip: options.Hflip = None,
    rotate90: options.Rotate90 = False,
    class_weights: options.ClassWeights = False,
    pretrained: options.Pretrained = None,
    batch: options.Batch = None,
    lr: options.LearningRate = None,
    augment: options.Augment = None,
    patience: options.Patience = None,
    workers: options.Workers = 1,
    spacing: options.Spacing = None,
    window: options.Window = None,
    out: options.Out = None,
    config: options.Config = None,
    resume: options.Resume = None,
    as_json: options.Json = False,
    formats: options.Formats = False,
) -> None:
    """Trains a convolutional network on labelled images.

    Writes a model file, scores on a held-out test split, and an HTML report. Only DATA is required. Ctrl-C saves a
    checkpoint; --resume continues from it and ends with the same weights.
    """
    given: dict[str, Any] = dict(task=task, model=model, epochs=epochs, minutes=minutes, size=size, device=device)
    given |= dict(hflip=hflip, batch=batch, lr=lr, augment=augment, patience=patience)
    given |= dict(spacing=spacing, window=window, out=out, labels=labels)
    if resume is not None:
        _check_no_options({**given, "config": config})
    else:
        options.require_data(data)
    drop_overridden(ctx, given)
    given |= {"seed": seed, "rotate90": rotate90, "class_weights": class_weights, "pretrained": pretrained}
    print_run(_run(resume, data, {**given, "workers": workers}), as_json, data=data)


def _run(resume: Path | None, data: str | None, given: dict[str, Any]) -> "Run":
    """Trains with the given options, or resumes a run."""
    with reporting() as progress:
        from opsin import api

        if resume is not None:
            return api.resume(resume, data=data, progress=progress, say=progress.say)
        return api.train(data, **given, started=STARTED, progress=progress, say=progress.say)


def print_run(run: "Run", as_json: bool, data: str | None = None, next_images: Path | None = None) -> None:
    """Prints the scores, verdict, files and next command of a run.

    Args:
        run: A finished run.
        as_json: Print one JSON object instead.
        data: Data set of the run for the next command; None prints the placeholder DATA.
        next_images: Images for the next command; None prints the placeholder IMAGES.
    """
    if as_json:
        print_json(
            {
                "run": str(run.folder),
                "model": str(run.model),
                "task": run.task,
                "seconds": round(run.seconds, 3),
                "scores": scores_json(run.scores),
                "baseline": scores_json(run.baseline),
                "linear_baseline": scores_json(run.linear_baseline),
            }
        )
        return
    print_scores(run.scores, run.baseline, run.linear_baseline or None)
    if run.linear_baseline:
        print("baseline: ignores the image; linear model: fitted to pretrained features")
    if run.verdict is not None:
        print_sentences(run.verdict.summary, run.verdict.advice)
    print(f"model   {run.model}")
    print(f"report  {run.report}")
    print_next("predict", run.model, next_images or "IMAGES")
    if run.verdict is not None and run.verdict.is_better is False:
        print_next("check", data or "DATA")


def _check_no_options(given: dict[str, Any]) -> None:
    """Raises BadParameter if options are given that a resumed run takes from its run folder."""
    names = [f"--{name}" for name, value in given.items() if value is not None]
    if names:
        raise typer.BadParameter(
            f"A resumed run keeps the options of its run folder. Fix: remove {', '.join(names)}.", param_hint="--resume"
        )
