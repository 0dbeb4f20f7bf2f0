"""Videos on the command line: a drawn one of the photograph."""

import json

import numpy as np
import pytest


@pytest.fixture(scope="module")
def video(people, tmp_path_factory):
    """Two seconds with the face from 0.5 to 1.5 s, 12 frames a second."""
    cv2 = pytest.importorskip("cv2")
    face = cv2.imread(str(people / "visitor.png"))
    path = tmp_path_factory.mktemp("video") / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 12, (320, 240))
    if not writer.isOpened():
        pytest.skip("OpenCV has no mp4 encoder here")
    for number in range(24):
        frame = np.full((240, 320, 3), 90, np.uint8)
        if 6 <= number < 18:
            frame[20 : 20 + face.shape[0], 60 + number : 60 + number + face.shape[1]] = face
        writer.write(frame)
    writer.release()
    return path


def test_a_video_has_a_row_a_track(opsin, people, video, tmp_path):
    gallery = tmp_path / "g.safetensors"
    opsin("faces", "enroll", gallery, people / "people", "--consent", "x")
    ended = opsin("faces", "search", gallery, video, "--json", "--save", tmp_path / "copy.mp4")
    (track,) = json.loads(ended.stdout)
    assert (track["track"], track["name"], track["faces"]) == (1, "ada", 6)
    assert track["start"] == pytest.approx(0.5, abs=0.2)
    assert track["end"] == pytest.approx(1.5, abs=0.2)
    assert 6 <= track["best_frame"] < 18
    assert (tmp_path / "copy.mp4").stat().st_size > 1000
    (unnamed,) = json.loads(opsin("faces", "find", video, "--json").stdout)
    assert unnamed["name"] == "unknown"


def test_what_is_no_video_is_one_line(opsin, tmp_path, people):
    (tmp_path / "no.mp4").write_bytes(b"no video")
    ended = opsin("faces", "find", tmp_path / "no.mp4")
    assert ended.exit_code == 1
    assert len([line for line in ended.stderr.splitlines() if line.startswith("opsin:")]) == 1
