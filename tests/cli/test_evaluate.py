import json

import pytest

import opsin as package


def test_scores_are_those_of_the_python_api(opsin, model_file, squares):
    ended = opsin("evaluate", model_file, squares, "--json")
    assert ended.exit_code == 0, ended.stderr
    expected = package.evaluate(model_file, squares).scores
    assert json.loads(ended.stdout) == {"scores": {name: score.to_json() for name, score in expected.items()}}


def test_people_get_a_table(opsin, model_file, squares):
    ended = opsin("evaluate", model_file, squares)
    assert "accuracy" in ended.stdout
    assert "48 images" in ended.stdout
    assert "report  runs/evaluate/squares-1/report.html" in ended.stdout


def test_json_stands_alone_and_the_report_is_named_beside_it(opsin, model_file, squares, tmp_path):
    ended = opsin("evaluate", model_file, squares, "--json", "--out", "here")
    assert json.loads(ended.stdout).keys() == {"scores"}
    assert "here/report.html" in ended.stderr and (tmp_path / "here" / "report.html").exists()


@pytest.mark.parametrize("split", ["valid", "nonsense"])
def test_a_split_that_is_not_there_is_one_line(fails, model_file, squares, split):
    assert split in fails("evaluate", model_file, squares, "--split", split)


def test_other_classes_are_one_line(fails, model_file, squares, tmp_path):
    for name in ("rot", "lila"):
        (tmp_path / "other" / name).mkdir(parents=True)
        (tmp_path / "other" / name / "1.png").write_bytes((squares / "rot" / "0.png").read_bytes())
    assert "lila" in fails("evaluate", model_file, "other")


def test_a_model_that_is_none_is_one_line(fails, squares, tmp_path):
    (tmp_path / "text.safetensors").write_text("hello, this is no model")
    assert "text.safetensors" in fails("evaluate", "text.safetensors", squares)
    assert "gone.safetensors" in fails("evaluate", "gone.safetensors", squares)
