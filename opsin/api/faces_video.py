"""The verbs that follow the faces of a video and draw them into a copy."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError, Progress, show_in_notebook, silent
from opsin.data import Frame, VideoReader
from opsin.faces import Gallery, Verdict, load_recognizer
from opsin.faces.photos import one_thread_each
from opsin.faces.tracking import Track, follow, frame_step, name_tracks, sampled
from opsin.predict.pictures import CODEC, VideoWriter

_COLOUR = (0, 158, 115)
_LINE, _SCALE = 2, 0.6


@dataclass(frozen=True)
class VideoFaces:
    """The faces of a video.

    Attributes:
        path: Path of the video.
        tracks: Tracks by their first frame.
        verdicts: Verdict of each track; empty without a gallery.
        frames_per_second: Frame rate.
    """

    path: Path
    tracks: list[Track]
    verdicts: list[Verdict]
    frames_per_second: float

    def names(self) -> list[str]:
        """Returns the name of each track: of an enrolled person, or "unknown"."""
        named = [verdict.name or "" if verdict.decision == "same" else "unknown" for verdict in self.verdicts]
        return named or ["unknown"] * len(self.tracks)

    def to_json(self) -> list[dict[str, Any]]:
        """Returns a row for each track: track, name, start, end, faces, distance and best frame."""
        distances = [verdict.distance for verdict in self.verdicts] or [None] * len(self.tracks)
        return [
            {
                "track": number + 1,
                "name": name,
                "start": round(track.first[1], 2),
                "end": round(track.last[1], 2),
                "faces": len(track.boxes),
                "distance": None if distance is None else round(distance, 3),
                "best_frame": track.best[1],
            }
            for number, (track, name, distance) in enumerate(zip(self.tracks, self.names(), distances, strict=True))
        ]


@show_in_notebook
def faces_of_video(
    path: str | Path,
    gallery: Gallery | None = None,
    *,
    far: float | None = None,
    smallest: float | None = None,
    progress: Progress = silent,
) -> VideoFaces:
    """Follows the faces of a video, and names those that are enrolled.

    About six frames a second are searched, one at a time.

    Args:
        path: Video file.
        gallery: Enrolled people. Default: none, tracks have no names.
        far: False-match rate. Default: that of the gallery.
        smallest: Height of the smallest face to find, in pixels. Default: as for images.
        progress: Called after each frame.

    Raises:
        OpsinError: The video cannot be read, or the weights are not installed.
    """
    find = partial(load_recognizer().find, smallest=smallest)
    reader = _open(path)
    try:
        frames = sampled(_counted(reader, progress), reader.frames_per_second)
        with one_thread_each(1) as pool:
            tracks = follow(frames, lambda pixels: pool.submit(find, pixels).result())
    except DataError as error:
        raise DataError(f"{path} {error}") from error
    finally:
        reader.close()
    verdicts = [] if gallery is None else name_tracks(tracks, gallery, far)
    return VideoFaces(Path(path), tracks, verdicts, reader.frames_per_second)


def draw_video(found: VideoFaces, out: Path, progress: Progress = silent) -> None:
    """Writes a copy of a video with boxes and names; a box stays until the next frame that was searched.

    Args:
        found: The faces of the video.
        out: Video file to write.
        progress: Called after each frame.

    Raises:
        OpsinError: The video cannot be read or written.
    """
    reader = _open(found.path)
    step = frame_step(found.frames_per_second)
    try:
        with VideoWriter(out, CODEC, found.frames_per_second) as writer:
            for frame in _counted(reader, progress, "drawing"):
                searched = frame.number - frame.number % step
                for track, name in zip(found.tracks, found.names(), strict=True):
                    if searched in track.boxes:
                        _draw(frame.pixels, track.boxes[searched], name)
                writer.add(frame.pixels)
    finally:
        reader.close()


def _open(path: str | Path) -> VideoReader:
    try:
        return VideoReader(path)
    except DataError as error:
        raise DataError(f"{path} {error}") from error


def _counted(reader: VideoReader, progress: Progress, stage: str = "following faces") -> Iterator[Frame]:
    for frame in reader.frames():
        yield frame
        progress(stage, frame.number + 1, max(reader.count, frame.number + 1))


def _draw(pixels: np.ndarray, box: np.ndarray, name: str) -> None:
    import cv2

    left, top, right, bottom = (round(float(side)) for side in box)
    cv2.rectangle(pixels, (left, top), (right, bottom), _COLOUR, _LINE)
    cv2.putText(pixels, name, (left, max(12, top - 6)), cv2.FONT_HERSHEY_SIMPLEX, _SCALE, _COLOUR, _LINE)
