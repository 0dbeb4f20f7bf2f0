"""From files to a run: what it leaves, what it refuses, and that a kill changes nothing."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from safetensors.torch import load_file

from opsin import api
from opsin.api.run_record import RunRequest
from opsin.core import DataError, ModelFileError, OpsinError
from opsin.evaluation import Predictions
from opsin.plan.plan import TrainOptions

SCORES = {"accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss", "ece", "ece_uncalibrated"}


def same(first, second):
    a, b = load_file(first), load_file(second)
    return a.keys() == b.keys() and all((a[name] == b[name]).all() for name in a)


def test_a_run_leaves_what_it_promises(run):
    done, lines = run
    left = {path.name for path in done.folder.iterdir()}
    assert left >= {
        "best.safetensors", "last.safetensors", "last.json", "args.yaml", "metrics.csv", "predictions.parquet",
        "report.html", "table.parquet",
    }  # fmt: skip
    assert not [name for name in left if name.startswith(".")]
    assert (done.model, done.report) == (done.folder / "best.safetensors", done.folder / "report.html")
    assert done.task == "classify" and done.seconds > 0
    assert any(str(done.folder) in line for line in lines) and any("simple" in line for line in lines)


def test_scores_stand_beside_the_baseline_and_are_those_of_the_predictions(run):
    done, _ = run
    assert done.scores.keys() == done.baseline.keys() == SCORES
    assert done.scores["accuracy"].value > 0.8 > done.baseline["accuracy"].value
    for score in done.scores.values():
        assert (score.low <= score.value + 1e-9 and score.value - 1e-9 <= score.high) or np.isnan(score.value)
    kept = Predictions.from_parquet(done.folder / "predictions.parquet").only("test")
    assert (kept.predictions.argmax(1) == kept.targets).mean() == pytest.approx(done.scores["accuracy"].value)
    provenance = api.load(done.model, "cpu").provenance
    assert provenance.scores["accuracy"]["value"] == pytest.approx(done.scores["accuracy"].value)
    assert sum(provenance.images.values()) == 90


def test_the_model_answers_as_it_was_scored(run, colours, draw, tmp_path):
    done, _ = run
    model = api.load(done.model, "cpu")
    kept = Predictions.from_parquet(done.folder / "predictions.parquet").only("test")
    answers = model.predict([colours / name for name in kept.ids])
    assert [answer["label"] for answer in answers] == [model.task.names[i] for i in kept.predictions.argmax(1)]
    draw("red", 77_777).resize((28, 28)).save(tmp_path / "new.png")
    (answer,) = model.predict(tmp_path / "new.png")
    assert answer["label"] == "red" and answer["confidence"] == pytest.approx(answer["p_red"])


def test_class_weights_make_classes_count_alike(run):
    done, _ = run
    args = json.loads((done.folder / "args.yaml").read_text())
    weights = np.array(args["recipe"]["class_weights"])
    rows = pl.read_parquet(done.folder / "table.parquet").filter(pl.col("split") == "train")
    counts = np.bincount(rows["target"].to_numpy())
    np.testing.assert_allclose(weights * counts, len(rows) / 3)


def test_a_folder_that_holds_a_run_is_refused_at_once(run, tmp_path):
    done, _ = run
    before = (done.folder / "args.yaml").read_bytes()
    with pytest.raises(OpsinError, match="already holds a run"):
        api.train(tmp_path / "nowhere", out=done.folder)
    assert (done.folder / "args.yaml").read_bytes() == before


@pytest.mark.parametrize("keywords", [{"task": "regress"}, {"model": "resnet_huge"}, {"device": "abacus"}])
def test_what_cannot_be_is_refused_in_one_line(colours, tmp_path, keywords):
    with pytest.raises(OpsinError) as refused:
        api.train(colours, epochs=1, out=tmp_path / "run", **keywords)
    assert "\n" not in str(refused.value) and not (tmp_path / "run" / "args.yaml").exists()


def test_one_seed_gives_one_model(colours, tmp_path):
    for name in ("a", "b"):
        api.train(colours, model="simple", epochs=1, out=tmp_path / name, device="cpu", seed=5)
    assert same(tmp_path / "a" / "best.safetensors", tmp_path / "b" / "best.safetensors")


def test_killed_at_any_stage_and_resumed_is_as_never_killed(colours, tmp_path):
    program = Path(__file__).with_name("killed_run.py")
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for folder, stops in ((killed, ["train:3", "train:9", "validate:2", "predict test:1", "report:1"]), (whole, [])):
        done = subprocess.run(
            [sys.executable, str(program), str(colours), str(folder), "simple", *stops],
            capture_output=True, text=True, timeout=500, env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert done.stdout.split() == ["-9"] * len(stops) + ["0"], done.stderr[-3000:]
    for name in ("best.safetensors", "last.safetensors"):
        assert same(killed / name, whole / name)
    first, second = (Predictions.from_parquet(folder / "predictions.parquet") for folder in (killed, whole))
    assert first.ids == second.ids
    np.testing.assert_array_equal(first.predictions, second.predictions)
    models = [api.load(folder / "best.safetensors", "cpu") for folder in (killed, whole)]
    assert models[0].provenance.scores == models[1].provenance.scores and models[0].task == models[1].task


class Stop(Exception):
    pass


@pytest.fixture
def begun(colours, tmp_path):
    """A copy of the pictures and a run on them that was stopped in the midst."""
    data, folder = tmp_path / "data", tmp_path / "run"
    shutil.copytree(colours, data)
    steps = []

    def progress(stage, done, total, note=""):
        steps.extend([1] if stage == "train" else [])
        if len(steps) > 2:
            raise Stop

    with pytest.raises(Stop):
        api.train(data, model="simple", epochs=1, out=folder, device="cpu", progress=progress)
    return data, folder


def test_images_that_changed_since_are_refused(begun, draw):
    data, folder = begun
    draw("green", 99).save(data / "red" / "003.png")
    with pytest.raises(ModelFileError, match="changed since"):
        api.resume(folder)


def test_an_image_that_is_gone_is_refused(begun):
    data, folder = begun
    (data / "red" / "003.png").unlink()
    with pytest.raises(ModelFileError, match="changed since"):
        api.resume(folder)


def test_images_that_came_later_play_no_part(begun, colours, make_folder, tmp_path):
    data, folder = begun
    make_folder(data, {"red": 3}, first=500)
    (data / "aaa").mkdir()
    shutil.copy(data / "blue" / "000.png", data / "aaa" / "000.png")  # a class that comes first in the alphabet
    resumed = api.resume(folder)
    whole = api.train(colours, model="simple", epochs=1, out=tmp_path / "whole", device="cpu")
    assert same(resumed.model, whole.model)
    assert resumed.scores == whole.scores


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="not the folder of a run"):
        api.resume(tmp_path)


def test_arrays_are_handed_in_again(draw, tmp_path):
    names = ["blue", "red"] * 15
    images = np.stack([np.asarray(draw(name, i)) for i, name in enumerate(names)])
    first = api.train((images, names), model="simple", epochs=1, out=tmp_path / "run", device="cpu")
    again = api.resume(tmp_path / "run", data=(images, names))
    assert again.scores == first.scores
    with pytest.raises(OpsinError):
        api.resume(tmp_path / "run")


def test_numbers_from_a_csv(draw, tmp_path):
    rows = ["file,brightness"]
    for i in range(40):
        picture = draw("blue", i).point(lambda value, i=i: value * (i + 10) / 50)
        picture.save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png,{np.asarray(picture).mean():.3f}")
    (tmp_path / "list.csv").write_text("\n".join(rows))
    done = api.train(tmp_path / "list.csv", model="simple", epochs=15, out=tmp_path / "run", device="cpu")
    assert done.task == "regress" and done.scores.keys() == {"mae", "rmse", "r2"}
    assert done.scores["mae"].value < done.baseline["mae"].value
    assert api.load(done.model, "cpu").predict(tmp_path / "3.png")[0].keys() == {"brightness"}


def test_several_labels_from_a_csv(draw, tmp_path):
    rows = ["file,labels"]
    for i in range(40):
        left, right = draw(("blue", "red")[i % 2], i), draw(("green", "red")[i // 2 % 2], i + 100)
        picture = left.resize((28, 14))
        picture.paste(right, (14, 0))
        picture.save(tmp_path / f"{i}.png")
        rows.append(f"{i}.png,{('blue', 'red')[i % 2]}|{('green', 'round')[i // 2 % 2]}")
    (tmp_path / "list.csv").write_text("\n".join(rows))
    done = api.train(tmp_path / "list.csv", model="simple", epochs=2, out=tmp_path / "run", device="cpu")
    assert done.task == "multilabel" and done.scores.keys() == SCORES
    answer = api.load(done.model, "cpu").predict(tmp_path / "0.png")[0]
    assert answer.keys() == {"labels", "p_blue", "p_green", "p_red", "p_round"}


def test_too_few_to_judge_have_no_scores(draw, tmp_path):
    images = np.stack([np.asarray(draw(name, 0)) for name in ("blue", "red")])
    done = api.train((images, ["blue", "red"]), model="simple", epochs=2, out=tmp_path / "run", device="cpu")
    assert done.scores == done.baseline == {}
    assert api.load(done.model, "cpu").predict(images[0])[0]["label"] in ("blue", "red")


def test_no_time_is_said_before_training(colours, tmp_path):
    with pytest.raises(DataError, match="minutes"):
        api.train(colours, model="simple", minutes=0.001, out=tmp_path / "run", device="cpu")


def test_a_run_of_so_many_minutes_ends_in_time(colours, tmp_path):
    begun = time.monotonic()
    done = api.train(colours, model="simple", minutes=0.2, out=tmp_path / "run", device="cpu")
    assert 10 < time.monotonic() - begun < 14
    assert done.seconds == pytest.approx(12, abs=2)


def test_too_few_epochs_of_gain_end_a_run_and_the_report_says_so(colours, tmp_path):
    said = []
    done = api.train(
        colours, model="simple", epochs=40, out=tmp_path / "run", device="cpu", say=said.append,
        recipe=lambda recipe: replace(recipe, patience=3),
    )  # fmt: skip
    rows = pl.read_csv(done.folder / "metrics.csv")
    assert 3 < rows["epoch"][-1] < 40
    best = int(rows["valid_accuracy"].arg_max())
    assert len(rows) - 1 - best == 3  # the first of the best and three that were no better
    [line] = [line for line in said if "stopped after epoch" in line]
    assert "no better accuracy in 3 validations" in line
    assert line in done.report.read_text()


def test_epochs_that_all_gain_are_all_taken(run):
    done, lines = run
    assert pl.read_csv(done.folder / "metrics.csv")["epoch"][-1] == 6
    assert not any("stopped" in line for line in lines) and "Training stopped" not in done.report.read_text()


@pytest.mark.parametrize("stop", ["reading images:1", "prepared:1", "recorded:1"])
def test_killed_before_its_first_checkpoint_it_starts_anew(colours, tmp_path, stop):
    program = Path(__file__).with_name("killed_run.py")
    folder = tmp_path / "run"
    done = subprocess.run(
        [sys.executable, str(program), str(colours), str(folder), "simple", stop],
        capture_output=True, text=True, timeout=500,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPSIN_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.stdout.split() == ["-9", "0"], done.stderr[-3000:]
    assert "stopped before its first checkpoint: starting it anew" in done.stderr
    whole = api.train(colours, model="simple", epochs=3, out=tmp_path / "whole", device="cpu")
    assert same(folder / "best.safetensors", whole.model)
    args = [json.loads((path / "args.yaml").read_text()) for path in (folder, whole.folder)]
    assert {**args[0], "command": ""} == {**args[1], "command": ""}


def test_an_own_recipe_is_kept_or_asked_for_again(colours, tmp_path, monkeypatch):
    from opsin.api import training

    class Killed(BaseException):
        pass

    def killed(*_):
        raise Killed

    folder = tmp_path / "run"
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(training, "Trainer", killed)
        api.train(
            colours,
            model="simple",
            epochs=1,
            out=folder,
            device="cpu",
            recipe=lambda recipe: replace(recipe, batch_size=7),
        )
    assert json.loads(api.resume(folder).folder.joinpath("args.yaml").read_text())["recipe"]["batch_size"] == 7
    RunRequest("photos", TrainOptions(), "opsin train photos", own_recipe=True).write(tmp_path / "early")
    with pytest.raises(ModelFileError, match=r"call opsin\.train again"):
        api.resume(tmp_path / "early")


def test_a_refused_run_leaves_its_folder_free(colours, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for out in (None, tmp_path / "run"):
        with pytest.raises(OpsinError):
            api.train(colours, model="simple", minutes=0.0001, out=out, device="cpu")
    assert not (tmp_path / "run").exists() and not list((tmp_path / "runs").rglob("*-1"))
    (tmp_path / "run").mkdir()
    with pytest.raises(OpsinError):
        api.train(colours, model="none", out=tmp_path / "run", device="cpu")
    assert not list((tmp_path / "run").iterdir())


@pytest.mark.parametrize("asked", [{"minutes": 0}, {"minutes": float("nan")}, {"epochs": -1}, {"size": 0}])
def test_numbers_that_mean_nothing_are_named(colours, asked):
    [(name, value)] = asked.items()
    with pytest.raises(OpsinError, match=f"^{name} is {value:g}; expected a finite number above 0"):
        api.train(colours, **asked)
