import json

import polars as pl
import pytest

import opsin as package
from opsin.cli import predict as module


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
    monkeypatch.setattr(module, "shows_pictures", lambda: True)
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
