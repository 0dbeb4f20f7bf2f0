"""`opsin faces enroll`: adds people to a gallery."""

from typing import Annotated

import typer

from .. import options as shared
from ..output import plural, print_json, print_next
from ..progress import reporting
from . import options
from .tables import open_gallery, passphrase, people, print_table, short


def enroll(
    gallery: options.GalleryFile,
    photos: shared.Images,
    consent: Annotated[str, typer.Option(metavar="TEXT", help="Legal ground of the enrolment, kept with each person.")],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the person. Default: the folder of each photo.", show_default=False),
    ] = None,
    as_json: shared.Json = False,
) -> None:
    """Adds people, or photos of people, to a gallery.

    A photo counts when it has one face, or one that is clearly the largest. Embeddings are kept, photos are not. With
    the environment variable OPSIN_PASSPHRASE the file is encrypted.
    """
    with reporting() as progress:
        from opsin import faces
        from opsin.data import find_images

        named = faces.people_of(find_images(photos), name)
        known = open_gallery(gallery) if gallery.exists() else faces.Gallery(faces.EMBEDDING_DIGEST)
        recognizer = faces.load_recognizer()
        result, notes = faces.enroll(known, named, recognizer.find, consent=consent, progress=progress)
        faces.write_gallery(gallery, result, passphrase())
    added = sum(1 for _ in result.templates()) - sum(1 for _ in known.templates())
    if as_json:
        rows = [
            {"image": str(note.path), "name": note.name, "used": note.used, "reasons": note.reasons} for note in notes
        ]
        print_json({"gallery": str(gallery), "people": len(result.people), "added": added, "notes": rows})
        return
    if notes:
        print_table(
            ("photo", "name", "used", "reason"),
            [(short(note.path), note.name, "yes" if note.used else "no", ", ".join(note.reasons)) for note in notes],
        )
    print(f"{plural(added, 'photo')} added, {people(len(result.people))} in all")
    print(f"gallery {gallery}")
    print_next("faces", "search", gallery, "IMAGES")
