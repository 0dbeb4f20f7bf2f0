"""Faces of a video, followed from frame to frame; memory does not grow with the length but for one row a face seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from opsin.data import Frame

from .found import FoundFace
from .gallery import Gallery, distances
from .photos import Find
from .verdicts import Verdict, search

RATE = 6.0
"""Frames that are searched in a second of video."""
PAUSE = 1.0
"""Seconds after which a face that is not seen begins a new track."""
MIN_FACES = 2
"""Faces of a track; one alone is mostly a false detection."""
_SAME_PLACE, _SAME_FACE, _OTHER_FACE = 0.3, 0.4, 0.6
"""Overlap at which boxes of neighbouring frames may be one face, and distances that always and never are."""


@dataclass
class Track:
    """One face through a video.

    Attributes:
        first: Frame, and time in seconds, where it is seen first.
        last: Frame and time where it is seen last.
        total: Sum of its embeddings.
        best: Its largest face, and the frame of it.
        boxes: Box by frame.
    """

    first: tuple[int, float]
    last: tuple[int, float]
    total: np.ndarray
    best: tuple[FoundFace, int]
    boxes: dict[int, np.ndarray] = field(default_factory=dict[int, np.ndarray])

    @property
    def vector(self) -> np.ndarray:
        """Mean embedding, float32 (128,) of length 1."""
        return (self.total / max(float(np.linalg.norm(self.total)), 1e-9)).astype(np.float32)

    @property
    def face(self) -> FoundFace:
        """The best face with the mean embedding."""
        return replace(self.best[0], embedding=self.vector)

    def add(self, frame: Frame, face: FoundFace) -> None:
        """Adds the face of one more frame."""
        self.last = frame.number, frame.seconds
        self.total = self.total + face.embedding
        self.boxes[frame.number] = face.box
        if face.eyes > self.best[0].eyes:
            self.best = face, frame.number


def frame_step(frames_per_second: float) -> int:
    """Returns the number of frames from one that is searched to the next.

    Examples:
        >>> frame_step(25.0), frame_step(5.0)
        (4, 1)
    """
    return max(1, round(frames_per_second / RATE))


def sampled(frames: Iterable[Frame], frames_per_second: float) -> Iterator[Frame]:
    """Yields about RATE frames of each second.

    Args:
        frames: All frames in order.
        frames_per_second: Frame rate of the video.
    """
    step = frame_step(frames_per_second)
    return (frame for frame in frames if frame.number % step == 0)


def follow(frames: Iterable[Frame], find: Find) -> list[Track]:
    """Follows faces through frames.

    Args:
        frames: Frames in order.
        find: Finds faces.

    Returns:
        Tracks of MIN_FACES faces and more, by their first frame.
    """
    tracks: list[Track] = []
    for frame in frames:
        faces = find(frame.pixels)
        open_tracks = [track for track in tracks if frame.seconds - track.last[1] <= PAUSE]
        for face, track in zip(faces, _linked(faces, open_tracks), strict=True):
            if track is None:
                place = frame.number, frame.seconds
                track = Track(place, place, np.zeros(len(face.embedding)), (face, frame.number))
                tracks.append(track)
            track.add(frame, face)
    return [track for track in tracks if len(track.boxes) >= MIN_FACES]


def name_tracks(tracks: Iterable[Track], gallery: Gallery, far: float | None = None) -> list[Verdict]:
    """Returns a verdict for each track, from its mean embedding.

    Args:
        tracks: Tracks of a video.
        gallery: Enrolled people.
        far: False-match rate. Default: that of the gallery.
    """
    return [search(gallery, [track.face], far)[0] for track in tracks]


def _linked(faces: Iterable[FoundFace], tracks: list[Track]) -> list[Track | None]:
    """Returns the track that each face goes on, the nearest pair first; None where it begins one."""
    found = list(faces)
    if not found or not tracks:
        return [None] * len(found)
    apart = distances(np.array([face.embedding for face in found]), np.array([track.vector for track in tracks]))
    pairs: list[tuple[float, int, int]] = []
    for row, face in enumerate(found):
        for column, track in enumerate(tracks):
            near = _overlap(face.box, track.boxes[track.last[0]]) > _SAME_PLACE
            if apart[row, column] <= (_OTHER_FACE if near else _SAME_FACE):
                pairs.append((float(apart[row, column]), row, column))
    linked: dict[int, int] = {}
    for _, row, column in sorted(pairs):
        if row not in linked and column not in linked.values():
            linked[row] = column
    return [tracks[linked[row]] if row in linked else None for row in range(len(found))]


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the IoU of two boxes."""
    inner = np.clip(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0, None).prod()
    return float(inner / max((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod() - inner, 1e-9))
