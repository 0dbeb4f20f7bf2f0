"""Doubts about the enrolments of a gallery."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .gallery import Gallery, distances

NEAR_DUPLICATE = 0.06
"""Distance below which two photos of a person show the same moment and add nothing."""


@dataclass(frozen=True)
class Doubt:
    """A doubtful enrolment.

    Attributes:
        kind: "small", "blurred", "profile", "several faces", "near-duplicate", "one file under two names", "one face
            under two names", "nearer another person" or "unlike the other photos".
        name: Name of the person.
        photo: First 12 digits of the digest of the image file; "" where the whole person is meant.
        other: Name of the other person, or digest of the other photo; "" where there is none.
        distance: Distance that the doubt rests on, or None.
    """

    kind: str
    name: str
    photo: str = ""
    other: str = ""
    distance: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return asdict(self)


def check(gallery: Gallery) -> list[Doubt]:
    """Lists what is doubtful in a gallery, people first.

    Args:
        gallery: The gallery.
    """
    return [*_people(gallery), *_files(gallery), *_nearer_others(gallery), *_photos(gallery)]


def short(digest: str) -> str:
    """Returns the start of a digest, which names a photo."""
    return digest[:12]


def _people(gallery: Gallery) -> Iterator[Doubt]:
    """Generates pairs of people whose mean embeddings are as near as two photos of one person."""
    table = distances(gallery.vectors, gallery.vectors)
    for row, column in np.argwhere(np.triu(table <= gallery.threshold, 1)).tolist():
        first, second = gallery.people[row].name, gallery.people[column].name
        yield Doubt("one face under two names", first, other=second, distance=float(table[row, column]))


def _files(gallery: Gallery) -> Iterator[Doubt]:
    owners: dict[str, str] = {}
    for person, photo in gallery.templates():
        other = owners.setdefault(photo.digest, person.name)
        if other != person.name:
            yield Doubt("one file under two names", person.name, short(photo.digest), other)


def _nearer_others(gallery: Gallery) -> Iterator[Doubt]:
    """Generates photos that are nearer to another person than to the other photos of their own."""
    for row, person in enumerate(gallery.people):
        if len(person.templates) < 2:
            continue
        vectors = np.array([photo.vector for photo in person.templates])
        foreign = distances(vectors, gallery.vectors)
        foreign[:, row] = np.inf
        for photo, rest, others in zip(person.templates, _others(vectors), foreign, strict=True):
            own = float(distances(photo.vector[None], rest[None])[0, 0])
            nearest = int(others.argmin())
            if others[nearest] < own:
                name = gallery.people[nearest].name
                yield Doubt("nearer another person", person.name, short(photo.digest), name, float(others[nearest]))
            elif own > gallery.calibration.unsure_threshold(gallery.far):
                yield Doubt("unlike the other photos", person.name, short(photo.digest), distance=own)


def _others(vectors: np.ndarray) -> np.ndarray:
    """Returns for each photo the mean embedding of the others, of length 1."""
    rest = vectors.sum(0) - vectors
    return rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)


def _photos(gallery: Gallery) -> Iterator[Doubt]:
    for person in gallery.people:
        for photo in person.templates:
            for problem in photo.problems:
                yield Doubt(problem, person.name, short(photo.digest))
        table = distances(*[np.array([photo.vector for photo in person.templates])] * 2)
        for row, column in np.argwhere(np.triu(table < NEAR_DUPLICATE, 1)).tolist():
            first, second = (short(person.templates[number].digest) for number in (row, column))
            yield Doubt("near-duplicate", person.name, first, second, float(table[row, column]))
