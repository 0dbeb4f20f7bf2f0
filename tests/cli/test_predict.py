import json

import numpy as np
import polars as pl
import pytest
from PIL import Image
from typer.testing import CliRunner

import opsin as package
from opsin.cli import predict as module
from opsin.cli.app import app
from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.nn import Conv2D, Sequential
from opsin.tasks import Detect, Instances, Segment

COLOURS = {"blau", "grün", "grau", "rot"}
TASKS = {
    "detect": Detect(("spot",)),
    "segment": Segment(("background", "spot")),
    "instances": Instances(("spot",)),
}


@pytest.fixture
def spots(tmp_path):
    """Model files that find white in black, and pictures of two and of no spots."""
    for name, task in TASKS.items():
        step = 4 if name == "detect" else 1
        network = Sequential([Conv2D(task.units, step, strides=step)], input_shape=(32, 32, 1), seed=0)
        kernel, bias = network.state_dict().values()
        bias.fill_(-16.0 if name == "instances" else 0.0)
        kernel.zero_()
        kernel[0 if name == "detect" else 1] = 32 / step**2
        bias[0], bias[1] = (-24.0, 0.0) if name == "detect" else (0.0, -16.0)
        if name == "detect":
            bias[1:] = float(np.log(2 / 16))
        Model(network, task, ImagePreprocessing(32, 32, 1, (0.0,), (1.0,))).save(tmp_path / f"{name}.safetensors")
    (tmp_path / "spots").mkdir()
    pixels = np.zeros((32, 32), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "spots" / "none.png")
    pixels[4:8, 8:12] = pixels[20:24, 24:28] = 255
    Image.fromarray(pixels).save(tmp_path / "spots" / "two.png")
    (tmp_path / "spots" / "broken.png").write_text("no image")
    return tmp_path / "spots"


def close(row, expected):
    return all(row[name] == pytest.approx(value, abs=1e-5) for name, value in expected.items())


def test_a_folder_gives_a_line_of_json_an_image(opsin, model_file, squares):
    ended = opsin("predict", model_file, squares / "rot")
    rows = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(rows) == 12
    first = squares / "rot" / "0.png"
    expected = package.load(model_file).predict(first)[0]
    assert close(next(row for row in rows if row["path"] == str(first)), expected)


def test_json_is_one_list(opsin, model_file, squares):
    ended = opsin("predict", model_file, squares / "rot" / "0.png", squares / "grün", squares / "grün", "--json")
    rows = json.loads(ended.stdout)
    assert len(rows) == 13
    assert {"path", "label", "confidence", "p_rot", "error"} <= set(rows[0])


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_file_holds_the_rows_and_json_reads_them_back(opsin, model_file, squares, tmp_path, suffix):
    (tmp_path / "broken.png").write_text("no image")
    ended = opsin("predict", model_file, squares, "broken.png", "-o", f"out.{suffix}", "--json")
    assert ended.exit_code == 0, ended.stderr
    rows = json.loads(ended.stdout)
    assert len(rows) == 49
    assert [row["path"] for row in rows if row["error"]] == ["broken.png"]
    assert (tmp_path / f"out.{suffix}").is_file()
    if suffix == "parquet":
        assert pl.read_parquet(tmp_path / "out.parquet")["label"].to_list() == [row["label"] for row in rows]


def test_one_image_on_a_terminal_is_shown_with_bars(opsin, model_file, squares, monkeypatch):
    monkeypatch.setattr(module, "on_terminal", lambda: True)
    monkeypatch.setattr(module, "supports_images", lambda: True)
    ended = opsin("predict", model_file, squares / "rot" / "0.png")
    assert "▀" in ended.stdout
    assert all(name in ended.stdout for name in ("blau", "grün", "grau", "rot"))
    assert "%" in ended.stdout


def test_bad_input_is_one_line(fails, model_file, squares, tmp_path):
    (tmp_path / "broken.png").write_text("no image")
    (tmp_path / "nothing").mkdir()
    assert "broken.png" in fails("predict", model_file, "broken.png")
    assert "missing.png" in fails("predict", model_file, "missing.png")
    assert "nothing" in fails("predict", model_file, "nothing")
    assert "out.xlsx" in fails("predict", model_file, squares, "-o", "out.xlsx")
    assert "broken.png" in fails("predict", "broken.png", squares)


def test_boxes_of_one_image_are_a_table(opsin, spots, monkeypatch):
    monkeypatch.setattr(module, "on_terminal", lambda: True)
    ended = opsin("predict", "detect.safetensors", "spots/two.png")
    lines = ended.stdout.splitlines()
    assert lines[0] == "2 objects: 2 spot"
    assert sorted(line.split()[2:] for line in lines if line.split()[:1] == ["spot"]) == [
        ["24", "20", "28", "24"],
        ["8", "4", "12", "8"],
    ]
    assert opsin("predict", "detect.safetensors", "spots/none.png").stdout == "0 objects: 0 spot\n"
    assert "0 objects" in opsin("predict", "detect.safetensors", "spots/two.png", "--confidence", 1).stdout


def test_shares_of_one_image_are_bars_and_objects_a_table(opsin, spots, monkeypatch):
    monkeypatch.setattr(module, "on_terminal", lambda: True)
    bars = opsin("predict", "segment.safetensors", "spots/two.png").stdout.split()
    assert bars[::3] == ["background", "spot"] and bars[2] == "96.9%"
    ended = opsin("predict", "instances.safetensors", "spots/two.png")
    assert ended.stdout.startswith("2 objects: 2 spot")
    assert "area" in ended.stdout


def test_many_images_of_boxes_are_lines_of_json(opsin, spots):
    ended = opsin("predict", "detect.safetensors", "spots")
    rows = {row["path"]: row for row in map(json.loads, ended.stdout.splitlines())}
    assert rows["spots/two.png"]["boxes"][0].keys() == {"label", "confidence", "box"}
    assert rows["spots/none.png"]["boxes"] == [] and rows["spots/broken.png"]["boxes"] is None
    assert rows["spots/broken.png"]["error"]


def test_a_csv_of_boxes_is_read_back(opsin, spots):
    ended = opsin("predict", "detect.safetensors", "spots", "-o", "boxes.csv", "--json")
    rows = json.loads(ended.stdout)
    assert [row["path"] for row in rows] == [f"spots/{name}.png" for name in ("broken", "none", "two", "two")]
    assert "1 of 3 images could not be read: see boxes.csv" in ended.stderr


def test_when_not_one_of_many_images_can_be_read_the_command_fails(opsin, fails, spots, tmp_path):
    (tmp_path / "broken").mkdir()
    for number in range(2):
        (tmp_path / "broken" / f"{number}.png").write_bytes(b"no picture")
    ended = opsin("predict", "segment.safetensors", "broken")
    assert ended.exit_code == 1 and len(ended.stdout.splitlines()) == 2
    assert "2 of 2 images could not be read" in ended.stderr
    for _ in range(2):  # the second time nothing is done again
        assert "errors.csv" in fails("predict", "segment.safetensors", "broken", "-o", "out/")
    assert (tmp_path / "out" / "errors.csv").read_text().count("broken/") == 2


def test_a_folder_is_made_and_is_no_list(opsin, fails, spots, tmp_path):
    ended = opsin("predict", "segment.safetensors", "spots", "-o", "out.1/", "--tiles")
    assert ended.stdout.strip() == "out.1/"
    assert {path.name for path in (tmp_path / "out.1").iterdir()} == {"masks", "overlays", "classes.txt", "errors.csv"}
    assert opsin("predict", "segment.safetensors", "spots", "-o", "out", "--json").exit_code == 2
    assert "confidence" in fails("predict", "segment.safetensors", "spots", "--confidence", 0.5)


def test_tiles_need_spatial_targets(fails, model_file, squares):
    assert "tiles apply to boxes and masks only" in fails("predict", model_file, squares, "--tiles")


def test_many_images_on_a_terminal_are_a_table_with_counts(opsin, model_file, squares, monkeypatch):
    monkeypatch.setattr(module, "on_terminal", lambda: True)
    printed = opsin("predict", model_file, squares).stdout
    lines = printed.splitlines()
    assert "path" in lines[1] and "label" in lines[1] and "p_rot" not in printed
    assert "and 28 more" in printed and "mean confidence" in printed
    images = [int(line.split()[1]) for line in lines if line.split()[:1] and line.split()[0] in COLOURS]
    assert sum(images) == 48
    assert max(map(len, lines)) <= 80 and "\x1b" not in printed


def test_counts_of_objects(opsin, spots, monkeypatch):
    printed = opsin("predict", "detect.safetensors", "spots", "-o", "b.csv").stdout
    ended = opsin("predict", "detect.safetensors", "spots")
    assert ["spot", "2", "1"] in [line.split() for line in printed.splitlines()]
    assert ["spot", "2", "1"] in [line.split() for line in ended.stderr.splitlines()]
    assert "images with it" not in ended.stdout
    assert "share_spot" in opsin("predict", "segment.safetensors", "spots").stderr


def test_pictures_are_saved(opsin, spots, tmp_path):
    ended = opsin("predict", "detect.safetensors", "spots", "--save", "drawn")
    assert ended.exit_code == 0 and "saved   drawn" in ended.stderr
    assert {path.name for path in (tmp_path / "drawn").iterdir()} == {"two.jpg", "none.jpg"}


def test_an_image_or_paths_on_stdin(model_file, squares, monkeypatch, tmp_path):
    content = (squares / "rot" / "0.png").read_bytes()
    paths = f"{squares}/rot/0.png\n{squares}/rot/1.png\n".encode()
    for given, expected in ((content, ["-"]), (paths, [f"{squares}/rot/0.png", f"{squares}/rot/1.png"])):
        ended = CliRunner().invoke(app, ["predict", str(model_file), "-", "--json"], input=given)
        assert ended.exit_code == 0, ended.stderr
        assert [row["path"] for row in json.loads(ended.stdout)] == expected
