"""`opsin faces train`: an embedding of other things that are matched, from labelled photos."""

from typing import Annotated

import typer

from .. import options as shared
from ..clock import STARTED
from ..progress import reporting
from ..train import print_run


def train(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="Folder with one folder of photos per identity.", show_default=False),
    ],
    minutes: shared.Minutes = None,
    epochs: shared.Epochs = None,
    size: shared.Size = None,
    seed: shared.Seed = 0,
    out: shared.Out = None,
    device: shared.Device = None,
    as_json: shared.Json = False,
) -> None:
    """Trains an embedding for people, animals, products or signatures that are matched, not classified.

    Identities of the validation and test splits are others than those of the training. The scores are the equal error
    rate, the true matches at a false-match rate of 0.01, and the rank-1 rate. The same as `opsin train --task embed`.
    """
    with reporting() as progress:
        from opsin import api

        run = api.train(
            data,
            task="embed",
            minutes=minutes,
            epochs=epochs,
            size=size,
            seed=seed,
            out=out,
            device=device,
            started=STARTED,
            progress=progress,
            say=progress.say,
        )
    print_run(run, as_json, data)
