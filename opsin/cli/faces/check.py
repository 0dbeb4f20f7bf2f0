"""`opsin faces check`: doubtful enrolments of a gallery."""

from .. import options as shared
from ..output import plural, print_json
from . import options
from .tables import open_gallery, people, print_table


def check(gallery: options.GalleryFile, as_json: shared.Json = False) -> None:
    """Lists doubtful enrolments of a gallery.

    Names people with one face, photos that are nearer to another person, and photos that are small, blurred, in profile
    or near-duplicates. A photo is named by the start of its file's SHA-256.
    """
    from opsin import faces

    known = open_gallery(gallery)
    doubts = faces.check(known)
    if as_json:
        print_json([doubt.to_json() for doubt in doubts])
        return
    if doubts:
        rows = [
            (
                doubt.kind,
                doubt.name,
                doubt.photo,
                doubt.other,
                "" if doubt.distance is None else f"{doubt.distance:.3f}",
            )
            for doubt in doubts
        ]
        print_table(("doubt", "name", "photo", "other", "distance"), rows)
    print(f"{plural(len(doubts), 'doubt')} about {people(len(known.people))}")
