"""People who are enrolled: embeddings of their photos, with consent and origin."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from opsin.core import DataError

from .calibration import REFERENCE, Calibration

MAX_NAME = 200


@dataclass(frozen=True, eq=False)
class Template:
    """One enrolled photo of a person.

    Attributes:
        digest: SHA-256 of the image file.
        date: Day of the enrolment, as in 2026-11-28.
        vector: float32 (128,) of length 1.
        problems: Quality problems of the face, as `FoundFace.problems`.
    """

    digest: str
    date: str
    vector: np.ndarray
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Person:
    """An enrolled person.

    Attributes:
        name: Name, unique in a gallery.
        consent: Legal ground of the enrolment, in the words of the person who enrolled.
        templates: One or more photos.
    """

    name: str
    consent: str
    templates: tuple[Template, ...]

    @property
    def vector(self) -> np.ndarray:
        """Mean of the embeddings, float32 (128,) of length 1."""
        mean = np.mean([template.vector for template in self.templates], axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-9)


@dataclass(frozen=True, eq=False)
class Gallery:
    """Enrolled people, and the threshold at which two faces count as one person.

    Attributes:
        network: SHA-256 of the embedding network; embeddings of another network cannot be compared.
        people: People by enrolment.
        calibration: Distances of different people, and the threshold that follows.
        far: False-match rate that the threshold is chosen for.
    """

    network: str
    people: tuple[Person, ...] = ()
    calibration: Calibration = field(default_factory=lambda: REFERENCE)
    far: float = 1e-3

    @cached_property
    def vectors(self) -> np.ndarray:
        """float32 (people, 128): one embedding a person."""
        return np.array([person.vector for person in self.people], np.float32).reshape(len(self.people), -1)

    @property
    def threshold(self) -> float:
        """Largest distance that counts as one person."""
        return self.calibration.threshold(self.far)

    def person(self, name: str) -> Person:
        """Returns a person by name; raises DataError for an unknown name."""
        found = next((person for person in self.people if person.name == name), None)
        if found is None:
            raise DataError(
                f"gallery has nobody named {name[:MAX_NAME]!r}. Expected one of its {len(self.people)} names."
            )
        return found

    def enroll(self, name: str, consent: str, templates: tuple[Template, ...]) -> "Gallery":
        """Returns a gallery with more photos of a person; photos that are already there are not repeated.

        Raises:
            DataError: The name is empty or too long, or there are no photos.
        """
        if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
            raise DataError(f"name {name[:MAX_NAME]!r} is not valid. Expected 1 to {MAX_NAME} printable characters.")
        known = next((person for person in self.people if person.name == name), Person(name, consent, ()))
        digests = {template.digest for template in known.templates}
        added = tuple(template for template in templates if template.digest not in digests)
        if not known.templates and not added:
            raise DataError(f"{name} has no photo with a usable face. Expected one or more.")
        person = Person(name, consent, known.templates + added)
        people = tuple(person if other.name == name else other for other in self.people)
        return replace(self, people=people if known.templates else (*people, person))

    def forget(self, name: str) -> "Gallery":
        """Returns the gallery without a person; a threshold that was found with them returns to the reference.

        Raises:
            DataError: Nobody has this name.
        """
        gone = self.person(name)
        kept = tuple(person for person in self.people if person is not gone)
        return replace(self, people=kept, calibration=REFERENCE)

    def templates(self) -> Iterator[tuple[Person, Template]]:
        """Generates each photo with its person."""
        for person in self.people:
            for template in person.templates:
                yield person, template


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes Euclidean distances of embeddings of length 1.

    Args:
        first: float32 (n, 128).
        second: float32 (m, 128).

    Returns:
        float32 (n, m), from 0 to 2.
    """
    return np.sqrt(np.clip(2 - 2 * (first @ second.T), 0, 4))
