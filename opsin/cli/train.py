"""`opsin train`: from labelled images to a model file, its scores and its report."""

from typing import TYPE_CHECKING, Any

import typer

from . import options
from .clock import STARTED
from .output import print_json, print_scores, scores_json
from .progress import reporting

if TYPE_CHECKING:
    from opsin.api import Run


def train(
    data: options.Data = None,
    task: options.Task = None,
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
    out: options.Out = None,
    resume: options.Resume = None,
    as_json: options.Json = False,
) -> None:
    """Trains a CNN on labelled images and scores it on images that it never saw.

    Everything but DATA is found out when it is left out.
    Ctrl-C stops with the work saved; --resume ends with the same weights.
    """
    asked: dict[str, Any] = {
        "task": task,
        "model": model,
        "epochs": epochs,
        "minutes": minutes,
        "size": size,
        "device": device,
        "hflip": hflip,
        "out": out,
    }
    if resume is not None:
        _check_alone(asked)
    elif data is None:
        raise typer.BadParameter("expected a folder of images, or a file that lists them", param_hint="DATA")
    with reporting() as progress:
        from opsin import api

        if resume is not None:
            run = api.resume(resume, data=data, progress=progress, say=progress.say)
        else:
            asked |= {"seed": seed, "rotate90": rotate90, "class_weights": class_weights, "pretrained": pretrained}
            asked["started"] = STARTED
            run = api.train(data, **asked, progress=progress, say=progress.say)
    print_run(run, as_json)


def print_run(run: "Run", as_json: bool) -> None:
    """The scores of a run and where it lies, as JSON or for people."""
    if as_json:
        print_json(
            {
                "run": str(run.folder),
                "model": str(run.model),
                "task": run.task,
                "seconds": round(run.seconds, 3),
                "scores": scores_json(run.scores),
            }
        )
        return
    print_scores(run.scores, run.baseline)
    print(f"model   {run.model}")
    print(f"report  {run.report}")


def _check_alone(asked: dict[str, Any]) -> None:
    """A resumed run has decided everything already."""
    given = [f"--{name}" for name, value in asked.items() if value is not None]
    if given:
        raise typer.BadParameter(
            f"it takes everything from the run; leave out {', '.join(given)}", param_hint="--resume"
        )
