"""`opsin evaluate`: metrics of a model on labelled images, and a report."""

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .output import plural, print_json, print_next, print_scores, scores_json
from .progress import reporting


def evaluate(
    model: options.ModelFile,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Labelled images, in any format that `opsin train` reads.")
    ],
    split: Annotated[
        str | None,
        typer.Option(
            metavar="SPLIT",
            help="Split to evaluate: train, valid or test. Default: test if DATA has splits, otherwise all images.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Folder of the report. Default: a new folder in runs/evaluate/.", show_default=False
        ),
    ] = None,
    labels: options.Labels = None,
    device: options.Device = None,
    as_json: options.Json = False,
) -> None:
    """Evaluates a model on labelled images.

    Prints metrics with 95 % confidence intervals and a baseline, and writes an HTML report.
    """
    with reporting() as progress:
        from opsin import api

        evaluation = api.evaluate(
            model,
            data,
            device=device,
            split=split,
            labels=labels,
            report=True,
            out=out,
            progress=progress,
            say=progress.say,
        )
        if as_json:
            progress.say(f"report  {evaluation.report}")
    if as_json:
        print_json({"scores": scores_json(evaluation.scores)})
    else:
        print_scores(evaluation.scores, evaluation.baseline)
        print(plural(len(evaluation.predictions.ids), "image"))
        print(f"report  {evaluation.report}")
        print_next("predict", model, "IMAGES")
