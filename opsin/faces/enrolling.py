"""Enrolment of photos: one usable face each, with the reasons where there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from opsin.core import Progress, show_in_notebook, silent

from .found import FoundFace
from .gallery import Gallery, Template
from .photos import Find, find_all

SEVERAL = "several faces"
LARGER = 1.5
"""Times that the largest face of a photo must be larger than the next to count as its subject."""


@dataclass(frozen=True)
class PhotoNote:
    """A photo that was left out, or that is enrolled with a doubt.

    Attributes:
        path: Path of the file.
        name: Name of the person.
        used: True where the photo is enrolled.
        reasons: One or more reasons.
    """

    path: Path
    name: str
    used: bool
    reasons: tuple[str, ...]


def subject(faces: Sequence[FoundFace]) -> FoundFace | None:
    """Returns the face that a portrait shows: the only one, or one that is clearly the largest."""
    if len(faces) > 1:
        first, second = (face.box[2] - face.box[0] for face in faces[:2])
        if first < LARGER * second:
            return None
    return faces[0] if faces else None


def people_of(paths: Iterable[Path], name: str | None = None) -> dict[str, list[Path]]:
    """Returns the photos of each person.

    Args:
        paths: Image files.
        name: Name of the person on all of them. Default: the name of the folder of each.
    """
    people: dict[str, list[Path]] = {}
    for path in paths:
        people.setdefault(name or path.absolute().parent.name, []).append(path)
    return people


@show_in_notebook
def enroll(
    gallery: Gallery,
    people: Mapping[str, Sequence[Path]],
    find: Find,
    *,
    consent: str,
    progress: Progress = silent,
) -> tuple[Gallery, list[PhotoNote]]:
    """Adds people, or photos of people.

    Args:
        gallery: The gallery, which is not changed.
        people: Photos by name.
        find: Finds faces, such as `FaceRecognizer.find`.
        consent: Legal ground of the enrolment, kept with each person.
        progress: Called after each photo.

    Returns:
        The new gallery, and a note for each photo that was left out or is doubtful.

    Raises:
        DataError: A name is not valid, or none of a new person's photos has a usable face.
    """
    today = datetime.now(UTC).date().isoformat()
    notes: list[PhotoNote] = []
    found = find_all([path for paths in people.values() for path in paths], find, progress, "enrolling")
    for name, paths in people.items():
        templates: list[Template] = []
        for path in paths:
            photo = next(found)
            face = subject(photo.faces)
            if face is not None:
                several = () if len(photo.faces) == 1 else (SEVERAL,)
                templates.append(Template(photo.digest, today, face.embedding, (*several, *face.problems)))
            reasons = _reasons(photo.error, photo.faces)
            if reasons:
                notes.append(PhotoNote(path, name, face is not None, reasons))
        gallery = gallery.enroll(name, consent, tuple(templates))
    return gallery, notes


def _reasons(error: str | None, faces: Sequence[FoundFace]) -> tuple[str, ...]:
    if error is not None:
        return (error,)
    if not faces:
        return ("no face",)
    several = (SEVERAL,) if len(faces) > 1 else ()
    return (*several, *faces[0].problems)
