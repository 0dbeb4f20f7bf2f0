"""`opsin faces evaluate`: error rates on labelled photos, and a report."""

from pathlib import Path
from typing import Annotated

import typer

from .. import options as shared
from ..output import plural, print_json, print_next, print_scores, scores_json
from ..progress import reporting
from . import options
from .tables import open_gallery, print_table


def evaluate(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Folder with one folder of photos per person.", show_default=False)
    ],
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Pairs in the format of Labeled Faces in the Wild. Default: all pairs of the photos.",
            show_default=False,
        ),
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            metavar="GALLERY", help="Gallery with a calibrated threshold. Default: the reference.", show_default=False
        ),
    ] = None,
    far: options.Far = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Report. Default: a new file in runs/faces/.", show_default=False),
    ] = None,
    as_json: shared.Json = False,
) -> None:
    """Measures error rates on labelled photos and writes a report.

    A photo without a face counts as wrong. The report shows distances, error rates and the hardest pairs, with photos.
    """
    with reporting() as progress:
        from opsin import faces
        from opsin.api.faces import evaluate_faces

        known = None if gallery is None else open_gallery(gallery)
        calibration = faces.REFERENCE if known is None else known.calibration
        rate = far or (faces.DEFAULT_FAR if known is None else known.far)
        done = evaluate_faces(data, pairs=pairs, far=rate, calibration=calibration, out=out, progress=progress)
        if done.pairs.missing:
            progress.say(f"{plural(done.pairs.missing, 'pair')} of {pairs} have no file and are left out")
    if as_json:
        groups = [vars(rate) for rate in done.groups]
        print_json({"scores": scores_json(done.result.scores), "threshold": done.result.threshold, "groups": groups})
        return
    print_scores(done.result.scores, {})
    if done.groups:
        print_table(
            ("group", "people", "pairs", "FMR"),
            [(rate.group, str(rate.people), str(rate.pairs), f"{rate.fmr:.4f}") for rate in done.groups],
        )
    print(f"{plural(len(done.pairs.first), 'pair')}, {plural(done.result.lost, 'photo')} without a face")
    print(f"threshold {done.result.threshold:.3f} from {calibration.source}")
    print(f"report  {done.report}")
    print_next("faces", "calibrate", "GALLERY.safetensors")
