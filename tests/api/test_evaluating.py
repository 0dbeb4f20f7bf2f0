"""A model judged on other images: in its own words, or not at all."""

import json
from dataclasses import replace

import numpy as np
import pytest

from opsin import api
from opsin.core import DataError, OpsinError
from opsin.evaluation import Predictions
from opsin.model import Provenance


def test_fewer_classes_are_put_into_the_models_order(run, make_folder, tmp_path):
    done, _ = run
    data = make_folder(tmp_path, {"green": 6, "red": 9}, first=300)
    found = api.evaluate(done.model, data, device="cpu")
    model = api.load(done.model, "cpu")
    paths = sorted(data.rglob("*.png"))
    right = [model.predict(path)[0]["label"] == path.parent.name for path in paths]
    assert found.scores["accuracy"].value == pytest.approx(np.mean(right)) and np.mean(right) > 0.8
    assert set(found.predictions.targets.tolist()) == {1, 2} and len(found.predictions.ids) == 15
    assert found.baseline["accuracy"].value == 0  # always the most frequent class of the training: blue


def test_images_of_one_class_are_scored(run, make_folder, tmp_path):
    done, _ = run
    data = make_folder(tmp_path / "one", {"red": 6}, first=300)
    found = api.evaluate(done.model, data, device="cpu", out=tmp_path / "scores")
    model = api.load(done.model, "cpu")
    right = [model.predict(path)[0]["label"] == "red" for path in sorted(data.rglob("*.png"))]
    assert found.scores["accuracy"].value == pytest.approx(np.mean(right)) and found.report.exists()
    assert json.loads((tmp_path / "scores" / "evaluation.json").read_text())["images"] == 6
    with pytest.raises(OpsinError, match=r"one is the folder of the data set"):
        api.evaluate(done.model, data, device="cpu", out=data)


def test_the_test_split_alone_is_scored_when_there_is_one(run, make_folder, tmp_path):
    done, _ = run
    make_folder(tmp_path / "train", {"blue": 3, "red": 3}, first=400)
    make_folder(tmp_path / "test", {"blue": 2, "red": 2}, first=450)
    assert len(api.evaluate(done.model, tmp_path, device="cpu").predictions.ids) == 4
    assert len(api.evaluate(done.model, tmp_path, split="train", device="cpu").predictions.ids) == 6
    with pytest.raises(DataError, match=r"'valid'; expected one of its splits: test, train"):
        api.evaluate(done.model, tmp_path, split="valid", device="cpu")


def test_the_same_images_give_the_scores_of_the_run(run, colours):
    done, _ = run
    kept = Predictions.from_parquet(done.folder / "predictions.parquet").only("test")
    found = api.evaluate(done.model, colours, device="cpu").predictions
    by_id = {name: row for name, row in zip(found.ids, found.predictions, strict=True)}
    np.testing.assert_allclose(kept.predictions, [by_id[name] for name in kept.ids], atol=2e-2)


def test_unknown_classes_are_named(run, make_folder, tmp_path):
    done, _ = run
    data = make_folder(tmp_path, {"green": 2, "red": 2})
    (data / "green").rename(data / "violet")
    with pytest.raises(DataError, match=r"violet.*blue, green, red.*rename or leave out violet"):
        api.evaluate(done.model, data, device="cpu")


def test_a_report_is_written_where_it_was_told(run, make_folder, tmp_path):
    done, _ = run
    data = make_folder(tmp_path / "others", {"green": 5, "red": 5}, first=300)
    said = []
    found = api.evaluate(done.model, data, out=tmp_path / "out", device="cpu", say=said.append)
    assert found.report == tmp_path / "out" / "report.html"
    assert {"evaluation.json", "predictions.parquet", "plots", "report.html"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    kept = Predictions.from_parquet(tmp_path / "out" / "predictions.parquet")
    np.testing.assert_array_equal(kept.predictions, found.predictions.predictions)
    told = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert told["scores"]["accuracy"]["value"] == found.scores["accuracy"].value and told["images"] == 10
    page = found.report.read_text()
    assert str(done.model) in page and "10 images" in page and "In training" in page
    assert any("no image has the class blue" in line for line in said) and "no image has the class blue" in page


def test_without_being_asked_nothing_is_written(run, make_folder, tmp_path, monkeypatch):
    done, _ = run
    data = make_folder(tmp_path / "others", {"green": 2, "red": 2})
    monkeypatch.chdir(tmp_path)
    assert api.evaluate(done.model, data, device="cpu").report is None
    assert not (tmp_path / "runs").exists()
    folders = [api.evaluate(done.model, data, report=True, device="cpu").report.parent.as_posix() for _ in range(2)]
    assert folders == ["runs/evaluate/others-1", "runs/evaluate/others-2"]


def test_the_report_of_a_run_is_not_overwritten(run, colours):
    done, _ = run
    before = done.report.read_bytes()
    with pytest.raises(OpsinError, match="holds a training run"):
        api.evaluate(done.model, colours, out=done.folder, device="cpu")
    assert done.report.read_bytes() == before


def test_the_images_of_its_training_are_named_as_such(run, colours, make_folder, tmp_path):
    done, _ = run
    for data, named in ((colours, True), (make_folder(tmp_path, {"blue": 3, "green": 3, "red": 3}, first=700), False)):
        said = []
        api.evaluate(done.model, data, device="cpu", say=said.append)
        assert any("the model was trained on images of this data set" in line for line in said) is named


def test_the_trivial_answer_knows_no_temperature(run, colours):
    model = api.load(run[0].model, "cpu")
    plain = api.evaluate(model, colours).baseline
    model.task = replace(model.task, temperature=5.0)
    assert api.evaluate(model, colours).baseline == plain
    shares = np.array([40, 30, 20]) / 90
    assert plain["log_loss"].value == pytest.approx(-(shares * np.log(shares)).sum(), abs=1e-3)


def test_labels_and_numbers_have_a_report_too(draw, tmp_path):
    images = np.stack([np.asarray(draw(("blue", "red")[i % 2], i)) for i in range(24)])
    several = np.stack([np.arange(24) % 2, np.arange(24) % 3 == 0], 1)
    for name, targets in (("labels", several.astype(int)), ("numbers", np.linspace(0, 9, 24))):
        done = api.train((images, targets), model="simple", epochs=1, out=tmp_path / name, device="cpu")
        found = api.evaluate(done.model, (images, targets), out=tmp_path / f"of-{name}", device="cpu")
        assert "24 images" in found.report.read_text()


def test_a_model_that_says_nothing_of_itself_is_judged_too(run, colours, tmp_path):
    model = api.load(run[0].model, "cpu")
    undefined = {"accuracy": {"value": None, "low": None, "high": None}}
    for number, provenance in enumerate((Provenance(), Provenance(scores=undefined, baseline=(1.0,)))):
        model.provenance = provenance
        assert api.evaluate(model, colours, out=tmp_path / str(number)).report.exists()
