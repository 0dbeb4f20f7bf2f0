"""`opsin faces cluster`: groups the faces of images by person, without names."""

from functools import partial
from typing import TYPE_CHECKING

from .. import options as shared
from ..output import plural, print_json, print_next
from ..progress import reporting
from . import options
from .tables import print_table, short

if TYPE_CHECKING:
    from pathlib import Path

    from opsin.faces import FoundFace


def cluster(images: shared.Images, smallest: options.Smallest = None, as_json: shared.Json = False) -> None:
    """Groups the faces in images by person, without names.

    Prints the number of the group of each face; faces of one group are probably of one person.
    """
    with reporting() as progress:
        import numpy as np

        from opsin import faces
        from opsin.data import find_images

        paths = find_images(images)
        recognizer = faces.load_recognizer()
        found: list[tuple[Path, FoundFace]] = []
        for photo in faces.find_all(paths, partial(recognizer.find, smallest=smallest), progress):
            found += [(photo.path, face) for face in photo.faces]
        groups = faces.cluster(np.array([face.embedding for _, face in found]).reshape(len(found), -1)).tolist()
    ordered = sorted(zip(groups, found, strict=True), key=lambda pair: pair[0])
    if as_json:
        print_json([{"group": group, "image": str(path), **face.to_json()} for group, (path, face) in ordered])
        return
    print_table(
        ("group", "image", "box"),
        [(str(group), short(path), " ".join(f"{side:.0f}" for side in face.box)) for group, (path, face) in ordered],
    )
    print(f"{plural(len(found), 'face')} in {plural(len(set(groups)), 'group')}")
    print_next("faces", "enroll", "GALLERY.safetensors", "PHOTOS", "--name", "NAME", "--consent", "REASON")
