"""`opsin faces forget`: deletes a person from a gallery."""

from typing import Annotated

import typer

from .. import options as shared
from ..output import print_json
from . import options
from .tables import open_gallery, passphrase, people


def forget(
    gallery: options.GalleryFile,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the person.", show_default=False)],
    as_json: shared.Json = False,
) -> None:
    """Deletes a person from a gallery.

    Name, embeddings and digests leave the file, and files that an interrupted write left in its folder are deleted. A
    threshold that was found with the person returns to the reference.
    """
    from opsin import faces

    known = open_gallery(gallery)
    kept = known.forget(name)
    faces.write_gallery(gallery, kept, passphrase())
    if as_json:
        print_json({"gallery": str(gallery), "people": len(kept.people)})
        return
    print(f"{name} is deleted, {people(len(kept.people))} left")
    if known.calibration.own:
        print(f"threshold {kept.threshold:.3f} from {kept.calibration.source}; calibrate again for your own people")
    print(f"gallery {gallery}")
