"""`opsin faces calibrate`: a threshold from the people of a gallery."""

from typing import Annotated

import typer

from .. import options as shared
from ..output import print_json, print_next
from . import options
from .tables import open_gallery, passphrase, people


def calibrate(
    gallery: options.GalleryFile,
    far: Annotated[
        float,
        typer.Option(
            min=1e-5, max=0.1, metavar="RATE", help="False-match rate: share of pairs of different people that match."
        ),
    ] = 1e-3,
    as_json: shared.Json = False,
) -> None:
    """Finds the threshold of a false-match rate from the people of a gallery.

    The distances between the people set the scale, the reference the shape of their distribution; the threshold is
    lowered to its 5 % quantile over resampled people. A rate that needs more people is refused.
    """
    from opsin import faces

    result = faces.calibrate_gallery(open_gallery(gallery), far)
    faces.write_gallery(gallery, result, passphrase())
    found = result.calibration
    if as_json:
        print_json({"gallery": str(gallery), "threshold": result.threshold, "far": far, "people": found.people})
        return
    print(f"threshold {result.threshold:.3f} for a false-match rate of {far:g}, from {people(found.people)}")
    print(f"reference {faces.REFERENCE.threshold(far):.3f}; lowered by {found.margin:.3f} for the number of people")
    print(f"gallery {gallery}")
    print_next("faces", "search", gallery, "IMAGES")
