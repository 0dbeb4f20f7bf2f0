"""`opsin evaluate`: a model's scores on labelled images, and a report on them."""

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .output import print_json, print_scores, scores_json
from .progress import reporting


def evaluate(
    model: options.ModelFile,
    data: Annotated[str, typer.Argument(help="Labelled images, in any form that train takes.")],
    split: Annotated[
        str | None,
        typer.Option(help="train, valid or test; the test split, or all images without one.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The report's folder; a new one under runs/evaluate/ when left out.", show_default=False),
    ] = None,
    device: options.Device = None,
    as_json: options.Json = False,
) -> None:
    """Scores a model on labelled images, with 95 % intervals, beside the trivial answer, and writes a report."""
    with reporting() as progress:
        from opsin import api

        evaluation = api.evaluate(
            model, data, device=device, split=split, report=True, out=out, progress=progress, say=progress.say
        )
        if as_json:
            progress.say(f"report  {evaluation.report}")
    if as_json:
        print_json({"scores": scores_json(evaluation.scores)})
    else:
        print_scores(evaluation.scores, evaluation.baseline)
        count = len(evaluation.predictions.ids)
        print(f"{count:,} image{'' if count == 1 else 's'}")
        print(f"report  {evaluation.report}")
