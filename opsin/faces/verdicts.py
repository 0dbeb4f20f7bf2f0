"""Verdicts on two faces, with the rate at which different people are taken for one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from .calibration import Calibration
from .found import FoundFace
from .gallery import Gallery, distances

Decision = Literal["same", "different", "unsure", "no usable face"]


@dataclass(frozen=True)
class Verdict:
    """A decision about a face.

    Attributes:
        decision: "same", "different", "unsure" or "no usable face".
        name: Name of the nearest person of a gallery; None for a pair of images, or where no face was found.
        distance: Distance of the embeddings, from 0 to 2; None where no face was found.
        threshold: Largest distance that counts as one person.
        false_match_rate: Share of pairs of different people at this distance or nearer.
        low: Lower bound of the 90 % interval of the rate.
        high: Upper bound of the interval.
        people: Number of people that the rate is measured on.
        expected_false_alarms: Expected number of the people compared whose name a stranger is given.
        problems: What makes the face less reliable.
    """

    decision: Decision
    threshold: float
    people: int
    name: str | None = None
    distance: float | None = None
    false_match_rate: float | None = None
    low: float | None = None
    high: float | None = None
    expected_false_alarms: float | None = None
    problems: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns plain values."""
        return asdict(self)


def verify(first: FoundFace | None, second: FoundFace | None, calibration: Calibration, far: float) -> Verdict:
    """Compares two faces.

    Args:
        first: A face, or None where none was found.
        second: Another face, or None.
        calibration: Distances of different people.
        far: False-match rate that the threshold is chosen for.
    """
    if first is None or second is None:
        return Verdict("no usable face", calibration.threshold(far), calibration.people)
    distance = float(distances(first.embedding[None], second.embedding[None])[0, 0])
    return judge(distance, calibration, far, problems=tuple(dict.fromkeys(first.problems + second.problems)))


def judge(
    distance: float,
    calibration: Calibration,
    far: float,
    *,
    name: str | None = None,
    compared: int = 1,
    problems: tuple[str, ...] = (),
) -> Verdict:
    """Returns the verdict for a distance; `compared` is the number of people that the face was compared with."""
    threshold = calibration.threshold(far)
    decision: Decision = "same" if distance <= threshold else "different"
    if threshold < distance <= calibration.unsure_threshold(far):
        decision = "unsure"
    rate, low, high = calibration.false_match_rate(distance)
    return Verdict(decision, threshold, calibration.people, name, distance, rate, low, high, far * compared, problems)


def search(gallery: Gallery, faces: Sequence[FoundFace], far: float | None = None) -> list[Verdict]:
    """Names the faces of one photo; each name is given to one face at most, to the nearest.

    Args:
        gallery: Enrolled people.
        faces: Faces of one photo.
        far: False-match rate. Default: that of the gallery.

    Returns:
        A verdict a face, in order: "same" with the name, or "unsure" and "different" with the nearest name.
    """
    rate = gallery.far if far is None else far
    calibration, people = gallery.calibration, gallery.people
    if not people or not faces:
        return [Verdict("different", calibration.threshold(rate), calibration.people) for _ in faces]
    table = distances(np.array([face.embedding for face in faces]), gallery.vectors)
    return [
        judge(
            float(row[column]) if given else max(float(row[column]), calibration.unsure_threshold(rate)),
            calibration,
            rate,
            name=people[column].name,
            compared=len(people),
            problems=face.problems,
        )
        for face, row, (column, given) in zip(faces, table, _assign(table), strict=True)
    ]


def _assign(table: np.ndarray) -> list[tuple[int, bool]]:
    """Returns a column for each row, the nearest pair first.

    Args:
        table: Distances (faces, people).

    Returns:
        The column, and True where it is given to the row; a row without one has the nearest column and False.
    """
    rows, columns = table.shape
    nearest = np.argpartition(table, min(rows, columns) - 1, axis=1)[:, :rows]  # no row needs more than these
    pairs = sorted((float(table[row, column]), row, int(column)) for row in range(rows) for column in nearest[row])
    given: dict[int, int] = {}
    for _, row, column in pairs:
        if row not in given and column not in given.values():
            given[row] = column
    return [(given[row], True) if row in given else (int(table[row].argmin()), False) for row in range(rows)]
