"""From trained weights to a judged model."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from opsin import api
from opsin.api.finalize import evaluation_of, predictions_of
from opsin.core import silent
from opsin.data import read
from opsin.evaluation import Predictions
from opsin.plan.inputs import open_dataset


def test_answers_stand_in_the_order_of_the_rows_with_their_groups(run, draw):
    model = api.load(run[0].model, "cpu")
    names = ["blue", "green", "red"] * 4
    images = np.stack([np.asarray(draw(name, i)) for i, name in enumerate(names)])
    source = open_dataset(read((images, names)), model.preprocessing, silent)
    table = source.table.with_splits(["valid", "test"] * 6)
    rows = table.rows.with_columns(group=np.array(["p1", None, "p1", "p2"] * 3, object))
    source = replace(source, table=replace(table, rows=rows))
    found = predictions_of(model, source, "test", silent)
    assert found.ids == tuple(table.rows["id"].to_list()[1::2])
    np.testing.assert_array_equal(found.targets, table.targets()[1::2])
    np.testing.assert_allclose(found.predictions, model.predict_batch(images[1::2]), atol=1e-2)
    np.testing.assert_array_equal(found.logits, found.predictions)
    assert found.features is None and set(found.split) == {"test"}
    # who has no group is a group of one
    assert found.groups.tolist() == [found.ids[0], "p2", found.ids[2], "p2", found.ids[4], "p2"]
    assert predictions_of(model, source.as_split("test").split("valid"), "test", silent).ids == ()


def test_validation_and_test_rows_are_kept_with_logits_and_features(run):
    done, _ = run
    model, kept = api.load(done.model, "cpu"), Predictions.from_parquet(done.folder / "predictions.parquet")
    assert {split: len(kept.only(split).ids) for split in set(kept.split)} == {
        split: model.provenance.images[split] for split in ("valid", "test")
    }
    np.testing.assert_array_equal(kept.logits, kept.predictions)
    last = list(model.network.children())[-1]
    with torch.no_grad():
        again = last(torch.tensor(kept.features)).numpy()  # without test-time augmentation
    assert (again.argmax(1) == kept.logits.argmax(1)).mean() > 0.9
    found = evaluation_of(model, kept.only("test"), np.array(model.provenance.baseline))
    assert found.scores == done.scores


def test_no_rows_have_no_scores(run):
    model = api.load(run[0].model, "cpu")
    empty = Predictions((), None, np.zeros(0, object), np.zeros(0, np.int64), np.zeros((0, 3), np.float32))
    found = evaluation_of(model, empty, np.zeros(3))
    assert found.scores == found.baseline == {}


def test_the_model_file_says_where_it_came_from(run):
    done, _ = run
    model = api.load(done.model, "cpu")
    args = json.loads((done.folder / "args.yaml").read_text())
    assert model.provenance.fingerprint == args["fingerprint"] and model.provenance.recipe == args["recipe"]
    assert model.provenance.baseline_scores["accuracy"]["value"] == pytest.approx(done.baseline["accuracy"].value)
    assert model.provenance.initial_weights == "random weights"
    assert model.tta == args["tta"]  # not the single view of the validations
    shares = np.exp(np.array(model.provenance.baseline))
    assert shares.sum() == pytest.approx(1, abs=1e-4) and shares.argmax() == 0  # blue is the most frequent


def test_the_temperature_comes_from_validation(run, colours):
    done, _ = run
    model = api.load(done.model, "cpu")
    from opsin.api.run_record import read_record

    prepared, _ = read_record(done.folder, None, silent)
    plain = replace(model.task, temperature=1.0)
    valid = predictions_of(model, prepared.dataset, "valid", silent)
    assert model.task.temperature == pytest.approx(
        plain.calibrated(valid.predictions, valid.targets).temperature, rel=0.05
    )
