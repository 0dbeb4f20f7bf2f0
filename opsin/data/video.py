"""Frames of a video file, decoded one after the other by OpenCV."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from opsin.core import DataError

VIDEO_EXTENSIONS = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".mts")
MAX_FRAME_PIXELS = 2**26
"""Limit of the pixels of a frame; 8K has half as many."""
MISSING_FRAMES, MISSING_SHARE = 3, 0.01
"""Frames, or the share of them, that a container may announce without the video being cut short."""


@dataclass(frozen=True)
class Frame:
    """One frame of a video: its number from 0 on, its time in seconds, and uint8 (height, width, 3) RGB."""

    number: int
    seconds: float
    pixels: np.ndarray


def is_video(path: Any) -> bool:
    """Returns True for a path with the extension of a video file.

    Examples:
        >>> is_video("clip.MP4"), is_video("photo.jpg"), is_video(b"clip.mp4")
        (True, False, False)
    """
    return isinstance(path, str | Path) and str(path).lower().endswith(VIDEO_EXTENSIONS)


class VideoReader:
    """Frames of a video in order; only the current one is in memory.

    Args:
        path: Video file.

    Attributes:
        count: Number of frames that the file announces; it may be off by a few.
        frames_per_second: Frame rate.

    Raises:
        DataError: The file is missing or no video that OpenCV can decode; the message begins with the verb.
    """

    def __init__(self, path: str | Path) -> None:
        import cv2

        if not Path(path).is_file():
            raise DataError("cannot be read: no such file. Expected a video.")
        self.path = Path(path)
        self._capture = cv2.VideoCapture(os.path.abspath(path))  # absolute: OpenCV opens URLs and devices too
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.frames_per_second = rate if math.isfinite(rate) and 0 < rate <= 1000 else 25.0
        self.count = max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))
        self.position = 0
        size = [self._capture.get(name) for name in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
        if not self._capture.isOpened() or not 0 < size[0] * size[1] <= MAX_FRAME_PIXELS:
            self.close()
            raise DataError("cannot be read as a video. Expected a file such as .mp4 that OpenCV can decode.")

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Yields frames from `start` on; earlier frames are decoded and skipped, as seeking is inexact in many formats.

        Args:
            start: First frame; not before the current position.
            stop: Frame to stop at; None for the end.

        Raises:
            DataError: The video ends long before its announced end.
        """
        import cv2

        while self.position < start and self._capture.grab():
            self.position += 1
        while stop is None or self.position < stop:
            good, pixels = self._capture.read()
            if not good:
                break
            number, self.position = self.position, self.position + 1
            yield Frame(number, number / self.frames_per_second, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
        expected = self.count if stop is None else min(stop, self.count)
        if expected - self.position > max(MISSING_FRAMES, MISSING_SHARE * self.count):
            raise DataError(f"is cut short: {self.position:,} of {self.count:,} frames can be read")

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()
