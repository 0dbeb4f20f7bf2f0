"""Frames come in order, with their time, from any start; a video that is cut short or none is an error."""

import cv2
import numpy as np
import pytest

from opsin.core import DataError
from opsin.data import VideoReader


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A video of 30 frames whose brightness is eight times the number of the frame."""
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (32, 16))
    for number in range(30):
        writer.write(np.full((16, 32, 3), (8 * number, 0, 0), np.uint8))  # blue, as OpenCV orders colours
    writer.release()
    return path


def seen(frames):
    return [(frame.number, round(float(frame.pixels[..., 2].mean()) / 8)) for frame in frames]


def test_frames_are_in_order_in_rgb_with_their_time(clip):
    reader = VideoReader(clip)
    assert (reader.count, reader.frames_per_second) == (30, 10.0)
    frames = list(reader.frames())
    assert seen(frames) == [(number, number) for number in range(30)]
    assert frames[7].seconds == pytest.approx(0.7) and frames[0].pixels.shape == (16, 32, 3)


def test_parts_together_are_the_whole(clip):
    reader = VideoReader(clip)
    assert seen([*reader.frames(0, 4), *reader.frames(4, 9)]) == [(number, number) for number in range(9)]
    assert seen(reader.frames(21)) == [(number, number) for number in range(21, 30)]


def test_a_video_that_is_cut_short_says_so_after_its_frames(clip, tmp_path):
    content = clip.read_bytes()
    (tmp_path / "cut.avi").write_bytes(content[: len(content) // 2])
    frames, found = VideoReader(tmp_path / "cut.avi").frames(), []
    with pytest.raises(DataError, match=r"is cut short: \d+ of 30 frames"):
        found.extend(frames)
    assert len(found) <= 30


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    for name, reason in (("text.mp4", "cannot be read as a video"), ("missing.mp4", "no such file")):
        with pytest.raises(DataError, match=reason):
            VideoReader(tmp_path / name)
