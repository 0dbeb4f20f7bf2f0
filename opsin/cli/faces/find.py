"""`opsin faces find`: boxes, sizes and quality of the faces in images."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .. import options as shared
from ..output import plural, print_json, print_next
from ..progress import reporting
from . import options
from .tables import print_table, short
from .video import follow_video, is_single_video

if TYPE_CHECKING:
    from opsin.faces import FoundFace, PhotoFaces


def find(
    images: shared.Images,
    smallest: options.Smallest = None,
    crops: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write each face, upright, as a PNG of 150 pixels.", show_default=False),
    ] = None,
    as_json: shared.Json = False,
) -> None:
    """Finds faces in images or a video.

    Prints the box of each face, the distance of its eyes in pixels, and what makes it less reliable. A video gives a
    row for each face that is followed through it.
    """
    with reporting() as progress:
        from opsin.data import find_images
        from opsin.faces import find_all, load_recognizer, write_crops

        paths = find_images(images)
        if is_single_video(paths):
            follow_video(paths[0], None, smallest=smallest, as_json=as_json, progress=progress)
            return
        recognizer = load_recognizer()
        photos: list[PhotoFaces] = []
        for photo in find_all(paths, partial(recognizer.find, smallest=smallest), progress):
            photos.append(photo)
            if crops is not None:
                write_crops(photo, crops)
    _check(photos)
    if as_json:
        print_json([_row(photo) for photo in photos])
        return
    rows = [_cells(photo, face) for photo in photos for face in photo.faces]
    if rows:
        print_table(("image", "box", "eyes", "score", "problems"), rows)
    without = sum(not photo.faces for photo in photos)
    print(f"{plural(len(rows), 'face')} in {plural(len(photos), 'image')}, {without:,} without a face")
    if rows:
        print_next("faces", "enroll", "GALLERY.safetensors", "PHOTOS", "--consent", "REASON")


def _check(photos: "list[PhotoFaces]") -> None:
    """Raises DataError if no image can be read."""
    from opsin.core import DataError

    errors = [photo.error for photo in photos if photo.error]
    if photos and len(errors) == len(photos):
        raise DataError(errors[0])


def _row(photo: "PhotoFaces") -> dict[str, object]:
    return {"image": str(photo.path), "faces": [face.to_json() for face in photo.faces], "error": photo.error}


def _cells(photo: "PhotoFaces", face: "FoundFace") -> tuple[str, ...]:
    box = " ".join(f"{side:.0f}" for side in face.box)
    return short(photo.path), box, f"{face.eyes:.0f}", f"{face.score:.2f}", ", ".join(face.problems)
