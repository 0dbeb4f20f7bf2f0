"""A video gives a row for each frame, the same as its frames as images, with flat memory and after a kill."""

import os
import signal
import subprocess
import sys
import tracemalloc

import cv2
import numpy as np
import polars as pl
import pytest

from opsin.core import DataError, OpsinError
from opsin.data import VideoReader
from opsin.predict import predict_files

KILLED = """
import os, signal, sys
from pathlib import Path
from opsin.model import load
from opsin.predict import inputs, predict_files
inputs.MAX_FRAMES = 8

def die(stage, done, total, note=""):
    if done >= 16:
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
clip = folder / "clip.mp4"
predict_files(load(folder / "m.safetensors", "cpu"), [clip], folder / "o.csv", save=folder / "drawn", progress=die)
"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A video of 40 frames of changing colour."""
    return write(tmp_path_factory.mktemp("video") / "clip.mp4", 40)


def write(path, count, side=32):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 8.0, (side, side))
    for number in range(count):
        writer.write(np.full((side, side, 3), (6 * number % 256, 100, 255 - 6 * number % 256), np.uint8))
    writer.release()
    return path


@pytest.fixture(autouse=True)
def short_parts(monkeypatch):
    monkeypatch.setattr("opsin.predict.inputs.MAX_FRAMES", 8)


def test_each_frame_is_a_row_as_its_image_would_be(model, clip):
    rows = predict_files(model, [clip])
    assert list(rows[0])[:4] == ["path", "frame", "time", "label"]
    assert [row["frame"] for row in rows] == list(range(40))
    assert rows[12]["time"] == pytest.approx(1.5)
    images = model.predict([frame.pixels for frame in VideoReader(clip).frames()])
    assert [row["p_cat"] for row in rows] == pytest.approx([image["p_cat"] for image in images], rel=1e-4)
    records = model.predict(str(clip))
    assert [record["frame"] for record in records] == list(range(40))
    assert [record["p_cat"] for record in records] == pytest.approx([row["p_cat"] for row in rows], rel=1e-4)


def test_images_and_videos_share_a_table(model, clip, images, tmp_path):
    readable = [path for path in images if path.suffix == ".png" and path.exists()][:1]
    predict_files(model, [*readable, clip], tmp_path / "o.parquet")
    frame = pl.read_parquet(tmp_path / "o.parquet")
    assert frame["frame"].to_list() == [None, *range(40)]


def test_a_killed_prediction_of_a_video_resumes(model, clip, tmp_path):
    model.save(tmp_path / "m.safetensors")
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    path = os.pathsep.join(sys.path)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], env={**os.environ, "PYTHONPATH": path})
    assert killed.returncode == -signal.SIGKILL and not (tmp_path / "o.csv").exists()
    seen = []
    arguments = {"save": tmp_path / "drawn", "progress": lambda s, d, t, note="": seen.append(d)}
    predict_files(model, [tmp_path / "clip.mp4"], tmp_path / "o.csv", **arguments)
    assert seen[0] == 24  # the first two parts of eight frames are not predicted again
    rows = pl.read_csv(tmp_path / "o.csv")
    assert rows["frame"].to_list() == list(range(40))
    assert os.listdir(tmp_path / "drawn") == ["clip.mp4"]
    drawn = list(VideoReader(tmp_path / "drawn" / "clip.mp4").frames())
    assert len(drawn) == 40 and drawn[0].pixels.shape[1] == 320
    changed = drawn[0].pixels[-30:].mean((0, 1)) - drawn[39].pixels[-30:].mean((0, 1))
    assert np.abs(changed).max() > 100  # frames keep their order


def test_memory_does_not_grow_with_the_length(model, tmp_path):
    peaks = []
    for count in (40, 200):
        clip = write(tmp_path / f"{count}.mp4", count, side=128)
        tracemalloc.start()
        predict_files(model, [clip], tmp_path / f"{count}.csv")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


def test_what_cannot_be_read_or_written_is_one_line(model, clip, tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    (row,) = predict_files(model, [tmp_path / "text.mp4"])
    assert "cannot be read as a video" in row["error"] and row["label"] is None
    with pytest.raises(DataError, match=r"text\.mp4 cannot be read as a video"):
        model.predict(tmp_path / "text.mp4")
    with pytest.raises(OpsinError, match="for a video"):
        predict_files(model, [clip], tmp_path / "o.json")
