"""`opsin train`: from labelled images to a model file, its scores and its report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .clock import STARTED
from .output import print_json, print_scores, scores_json
from .progress import reporting

if TYPE_CHECKING:
    from opsin.api import Run

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")]


def train(
    data: Annotated[
        str | None, typer.Argument(help="A folder with a folder per class, a CSV or an .npz.", show_default=False)
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classify, multilabel or regress; found out when left out.", show_default=False)
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A zoo name (opsin summary lists them) or a .py or .json file.", show_default=False),
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(min=0.0, help="Passes over the training images.", show_default=False)
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="Time for everything, from start to report.", show_default=False)
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=1, help="Height and width that images are brought to.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal runs.")] = 0,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or mps.", show_default=False)] = None,
    mirror: Annotated[
        bool | None,
        typer.Option(help="Whether a mirrored image keeps its target; found out when left out.", show_default=False),
    ] = None,
    class_weights: Annotated[bool, typer.Option("--class-weights", help="Let rare classes count as much.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; runs/<task>/<data>-<n> when left out.", show_default=False)
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with the run in this folder.", show_default=False)] = None,
    as_json: JsonFlag = False,
) -> None:
    """Trains a CNN on labelled images and scores it on images that it never saw.

    Everything but DATA is found out from the data when it is left out. Ctrl-C stops with the work saved; --resume
    goes on from there and ends with the same weights.
    """
    asked: dict[str, Any] = {
        "task": task,
        "model": model,
        "epochs": epochs,
        "minutes": minutes,
        "size": size,
        "device": device,
        "mirror": mirror,
        "out": out,
    }
    if resume is not None:
        _check_alone(asked)
    elif data is None:
        raise typer.BadParameter("expected a folder of images, a CSV or an .npz", param_hint="DATA")
    with reporting() as progress:
        from opsin import api

        if resume is not None:
            run = api.resume(resume, data=data, progress=progress, say=progress.say)
        else:
            asked |= {"seed": seed, "class_weights": class_weights, "started": STARTED}
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
