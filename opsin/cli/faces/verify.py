"""`opsin faces verify`: compares the faces of two images."""

from pathlib import Path
from typing import Annotated

import typer

from .. import options as shared
from ..output import print_json, print_next
from ..progress import reporting
from . import options
from .tables import open_gallery, print_verdict


def verify(
    first: Annotated[Path, typer.Argument(metavar="A", help="Image with a face.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="B", help="Image with a face.", show_default=False)],
    gallery: Annotated[
        Path | None,
        typer.Option(
            metavar="GALLERY", help="Gallery with a calibrated threshold. Default: the reference.", show_default=False
        ),
    ] = None,
    far: options.Far = None,
    as_json: shared.Json = False,
) -> None:
    """Compares the faces of two images.

    Prints same, different, unsure or no usable face, and the share of pairs of different people that are as near. Of
    several faces the one that is clearly the largest is compared.
    """
    with reporting() as progress:
        from opsin import faces
        from opsin.core import DataError

        photos = list(faces.find_all((first, second), faces.load_recognizer().find))
        for photo in photos:
            if photo.error is not None:
                raise DataError(photo.error)
            if len(photo.faces) != 1:
                progress.say(f"{photo.path} has {len(photo.faces) or 'no'} faces")
        known = None if gallery is None else open_gallery(gallery)
        calibration = faces.REFERENCE if known is None else known.calibration
        rate = far or (faces.DEFAULT_FAR if known is None else known.far)
        verdict = faces.verify(faces.subject(photos[0].faces), faces.subject(photos[1].faces), calibration, rate)
    if as_json:
        print_json(verdict.to_json())
        return
    print_verdict(verdict)
    print(f"threshold from {calibration.source}, false-match rate {rate:g}")
    print_next("faces", "enroll", "GALLERY.safetensors", first, "--name", "NAME", "--consent", "REASON")
