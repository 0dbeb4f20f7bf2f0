import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from opsin.core import OpsinError
from opsin.model import Model
from opsin.predict import predict_files

KILLED = """
import os, signal, sys
from pathlib import Path
from opsin.model import load
from opsin.predict import pipeline, predict_files
pipeline._MAX_IMAGES = 4

def die(stage, done, total, note=""):
    if done >= 8:
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[1])
images = sorted((folder / "images").iterdir())
predict_files(load(folder / "m.safetensors", "cpu"), images, folder / sys.argv[2], progress=die)
"""


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("opsin.predict.pipeline._MAX_IMAGES", 4)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_rows_without_an_output(model: Model, images: list[Path]):
    rows = predict_files(model, images)
    assert [row["path"] for row in rows] == [str(path) for path in images]
    assert list(rows[0]) == ["path", "label", "confidence", "p_cat", "p_dog", "p_eel", "error"]
    assert predict_files(model, []) == []


def test_every_format_holds_the_same_rows(model: Model, images: list[Path], tmp_path: Path):
    rows = predict_files(model, images)
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        assert predict_files(model, images, tmp_path / name) == []
    columns = pl.read_parquet(tmp_path / "out.parquet").schema
    assert pl.read_parquet(tmp_path / "out.parquet").to_dicts() == rows
    assert pl.read_csv(tmp_path / "out.csv", schema=columns).to_dicts() == rows

    def refuse(text: str) -> float:
        raise AssertionError(f"{text} is no JSON")

    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line, parse_constant=refuse) for line in lines] == rows


def test_progress_counts_images_and_failures(model: Model, images: list[Path], tmp_path: Path):
    seen: list[tuple[float, float, str]] = []
    predict_files(model, images, tmp_path / "o.csv", progress=lambda s, d, t, note="": seen.append((d, t, note)))
    assert [done for done, _, _ in seen] == [4, 8, 12, 13, 13]
    assert {total for _, total, _ in seen} == {13}
    assert seen[-2][2] == "3 cannot be read"


def test_killed_and_started_again_it_ends_the_same(model: Model, images: list[Path], tmp_path: Path):
    model.save(tmp_path / "m.safetensors")
    there = [path for path in images if path.exists()]
    predict_files(model, there, tmp_path / "whole.csv")
    output = tmp_path / "out.csv"
    command = [sys.executable, "-c", KILLED, str(tmp_path), output.name]
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not output.exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "out.csv.parts").iterdir() if path.name[0].isdigit()}
    assert len(kept) == 2
    seen: list[float] = []
    predict_files(model, there, output, progress=lambda s, d, t, note="": seen.append(d))
    assert seen == [12, 12] == [len(there)] * 2
    assert output.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_finished_work_is_not_done_again_unless_an_image_changed(model: Model, images: list[Path], tmp_path: Path):
    output = tmp_path / "out.csv"
    predict_files(model, images, output)
    before, first = output.stat().st_mtime_ns, output.read_text()
    predict_files(model, images, output)
    assert output.stat().st_mtime_ns == before
    images[0].write_bytes(images[1].read_bytes())
    predict_files(model, images, output)
    assert output.read_text() != first
    predict_files(model, images[::-1], output)
    assert pl.read_csv(output)["path"].to_list() == [str(path) for path in images[::-1]]


def test_another_model_is_refused(make_model, images: list[Path], tmp_path: Path):
    predict_files(make_model(), images, tmp_path / "out.jsonl")
    with pytest.raises(OpsinError, match="made by another model"):
        predict_files(make_model(seed=1), images, tmp_path / "out.jsonl")


def test_ctrl_c_keeps_what_is_done(model: Model, images: list[Path], tmp_path: Path):
    def stop(stage: str, done: float, total: float, note: str = "") -> None:
        if done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_files(model, images, tmp_path / "out.csv", progress=stop)
    seen: list[float] = []
    predict_files(model, images, tmp_path / "out.csv", progress=lambda s, d, t, note="": seen.append(d))
    assert seen[0] == 12
