"""A model judged on other images: in its own words, or not at all."""

import numpy as np
import pytest

from opsin import api
from opsin.core import DataError


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


def test_the_test_split_alone_is_scored_when_there_is_one(run, make_folder, tmp_path):
    done, _ = run
    make_folder(tmp_path / "train", {"blue": 3, "red": 3}, first=400)
    make_folder(tmp_path / "test", {"blue": 2, "red": 2}, first=450)
    assert len(api.evaluate(done.model, tmp_path, device="cpu").predictions.ids) == 4
    assert len(api.evaluate(done.model, tmp_path, split="train", device="cpu").predictions.ids) == 6
    with pytest.raises(DataError, match="valid"):
        api.evaluate(done.model, tmp_path, split="valid", device="cpu")


def test_the_same_images_give_the_scores_of_the_run(run, colours):
    done, _ = run
    from opsin.evaluate import Predictions

    kept = Predictions.from_parquet(done.folder / "predictions.parquet")
    found = api.evaluate(done.model, colours, device="cpu").predictions
    raw = {name: row for name, row in zip(found.ids, found.raw, strict=True)}
    np.testing.assert_allclose(kept.raw, [raw[name] for name in kept.ids], atol=2e-2)


def test_unknown_classes_are_named(run, make_folder, tmp_path):
    done, _ = run
    data = make_folder(tmp_path, {"green": 2, "red": 2})
    (data / "green").rename(data / "violet")
    with pytest.raises(DataError, match=r"violet.*blue, green, red"):
        api.evaluate(done.model, data, device="cpu")
