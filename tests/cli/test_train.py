import json
from pathlib import Path

import pytest

from opsin import api
from opsin.cli import STARTED

SCORES = {"accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "ece"}


@pytest.fixture
def arguments(finished_run, monkeypatch):
    """Arguments that the command passes to the Python API."""
    asked = {}

    def train(data, **options):
        asked.update(options, data=data)
        options["say"]("a note")
        return finished_run

    monkeypatch.setattr(api, "train", train)
    return asked


def test_trains_scores_and_resumes(opsin, squares, tmp_path):
    ended = opsin("train", squares, "--epochs", 1, "--out", "läuft", "--json", "--device", "cpu")
    assert ended.exit_code == 0, ended.stderr
    run = json.loads(ended.stdout)
    assert set(run) == {"run", "model", "task", "seconds", "scores", "baseline", "linear_baseline"}
    assert (run["run"], run["task"]) == ("läuft", "classify")
    assert Path(run["model"]).is_file()
    assert set(run["scores"]) >= SCORES
    for score in run["scores"].values():
        assert set(score) == {"value", "low", "high"}
        assert score["low"] <= score["value"] <= score["high"] or score["value"] is None
    assert ended.stdout.count("\n") == 1

    again = opsin("train", "--resume", "läuft", "--json")
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["scores"] == run["scores"]

    twice = opsin("train", squares, "--epochs", 1, "--out", "läuft")
    assert twice.exit_code == 1
    assert "--resume läuft" in twice.stderr


def test_every_option_reaches_the_api(opsin, arguments):
    words = ["--task", "regress", "--model", "simple", "--epochs", 2.5, "--minutes", 3, "--size", 32, "--seed", 7]
    words += ["--device", "cpu", "--no-hflip", "--rotate90", "--class-weights", "--pretrained", "--out", "o"]
    words += ["--batch", 16, "--lr", 0.01, "--augment", "light", "--patience", 0, "--workers", 2]
    assert opsin("train", "data", *words).exit_code == 0
    del arguments["progress"], arguments["say"]
    assert arguments == {
        "data": "data", "task": "regress", "model": "simple", "epochs": 2.5, "minutes": 3.0, "size": 32, "seed": 7,
        "device": "cpu", "hflip": False, "rotate90": True, "class_weights": True, "pretrained": True, "out": Path("o"),
        "batch": 16, "lr": 0.01, "augment": "light", "patience": 0, "workers": 2, "labels": None, "spacing": None,
        "window": None, "started": STARTED,
    }  # fmt: skip


def test_omitted_options_are_none(opsin, arguments):
    assert opsin("train", "data").exit_code == 0
    omitted = ("task", "model", "epochs", "minutes", "size", "device", "hflip", "out")
    omitted += ("batch", "lr", "augment", "patience")
    assert all(arguments[name] is None for name in omitted)


def test_prints_scores_files_and_the_next_command(opsin, arguments):
    ended = opsin("train", "data")
    assert "accuracy" in ended.stdout and "0.25" in ended.stdout
    assert "r/best.safetensors" in ended.stdout and "r/report.html" in ended.stdout
    assert ended.stderr == "a note\n"


def test_resume_takes_its_options_from_the_run(opsin):
    ended = opsin("train", "--resume", "r", "--epochs", 3)
    assert ended.exit_code == 2
    assert "--epochs" in ended.stderr


def test_bad_data_is_one_line(fails, squares, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty" in fails("train", "empty", "--json")
    assert "missing" in fails("train", "missing")
    assert "norun" in fails("train", "--resume", "norun")


def test_an_output_folder_that_is_a_file_is_one_line(fails, squares, tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in fails("train", squares, "--out", "file")


def test_one_class_is_one_line(fails, squares, tmp_path):
    folder = tmp_path / "pets" / "cat"
    folder.mkdir(parents=True)
    (folder / "1.png").write_bytes((squares / "rot" / "0.png").read_bytes())
    assert "cat" in fails("train", "pets")


def test_an_unknown_model_or_device_is_one_line(fails, squares):
    assert "resnet18" in fails("train", squares, "--model", "resnet17")
    assert "cuda:99" in fails("train", squares, "--device", "cuda:99")


def test_the_verdict_and_advice_are_printed_within_80_columns(opsin, arguments):
    printed = opsin("train", "data").stdout
    assert "the baseline has 25 %. Not clearly" in " ".join(printed.split())
    assert "try --minutes 20." in printed
    assert printed.endswith("next    opsin check data\n")  # the model is not better than the baseline
    assert max(map(len, printed.splitlines())) <= 80


def test_the_hyperparameters_asked_for_are_those_of_the_run(opsin, squares, tmp_path):
    words = ["--batch", 5, "--lr", 0.001, "--augment", "none", "--patience", 2, "--workers", 3]
    assert opsin("train", squares, "--epochs", 1, "--device", "cpu", "--out", "run", *words).exit_code == 0
    recipe = json.loads((tmp_path / "run" / "args.yaml").read_text())["recipe"]
    assert (recipe["batch_size"], recipe["adamw_lr"], recipe["patience"]) == (5, 0.001, 2)
    assert not any(value for name, value in recipe["augmentation"].items() if name != "photometric")
    again = opsin("train", "--config", "run/args.yaml", "--out", "again", "--batch", 6)
    assert again.exit_code == 0, again.stderr
    repeated = json.loads((tmp_path / "again" / "args.yaml").read_text())
    assert repeated["recipe"] == {**recipe, "batch_size": 6, "muon_lr": repeated["recipe"]["muon_lr"]}


def test_names_that_are_almost_right_are_named(fails, squares):
    assert "Did you mean 'resnet18'?" in fails("train", squares, "--model", "resnet81")
    assert "Did you mean 'segment'?" in fails("train", squares, "--task", "segmnt")
