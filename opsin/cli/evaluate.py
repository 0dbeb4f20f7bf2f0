"""`opsin evaluate`: a model's scores on labelled images."""

from pathlib import Path
from typing import Annotated

import typer

from .output import print_json, print_scores, scores_json
from .progress import reporting


def evaluate(
    model: Annotated[Path, typer.Argument(help="A model file.")],
    data: Annotated[str, typer.Argument(help="Labelled images, in any form that train takes.")],
    split: Annotated[
        str | None,
        typer.Option(help="train, valid or test; the test split, or all images without one.", show_default=False),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:N or mps.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")] = False,
) -> None:
    """Scores a model on labelled images, with 95 % intervals, beside the trivial answer."""
    with reporting() as progress:
        from opsin import api

        evaluation = api.evaluate(model, data, device=device, split=split, progress=progress)
    if as_json:
        print_json({"scores": scores_json(evaluation.scores)})
    else:
        print_scores(evaluation.scores, evaluation.baseline)
        print(f"{len(evaluation.predictions.ids):,} images")
