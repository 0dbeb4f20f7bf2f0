"""Numbers against scikit-learn and torch."""

import numpy as np
import pytest
import torch
from sklearn import metrics

from opsin.drawing import Histogram, Points
from opsin.tasks import Regress
from opsin.tasks.regression import number_text

TASK = Regress(("count", "size"), (100.0, 1e-7), (30.0, 1e-8))
RANDOM = np.random.default_rng(0)
TARGETS = RANDOM.normal(TASK.mean, TASK.spread, (200, 2))
RAW = TASK.encode(TARGETS) + RANDOM.normal(size=(200, 2)) * 0.3


def test_scores_are_scikit_learns_plain_and_weighted():
    answer, scorer = TASK.values(RAW), TASK.scorer(RAW, TARGETS)
    for weights in (np.ones(200), RANDOM.integers(0, 4, 200).astype(float)):
        expected = {
            "mae": metrics.mean_absolute_error(TARGETS, answer, sample_weight=weights),
            "rmse": metrics.root_mean_squared_error(TARGETS, answer, sample_weight=weights),
            "r2": metrics.r2_score(TARGETS, answer, sample_weight=weights),
        }
        assert scorer(weights) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e8])
def test_a_constant_truth_has_no_r2(constant):
    scores = TASK.scorer(RAW, np.full((200, 2), constant))(np.ones(200))
    assert np.isnan(scores["r2"]) and np.isfinite(scores["mae"])


def test_one_row_and_none():
    assert TASK.scorer(RAW[:1], TARGETS[:1])(np.ones(1))["mae"] > 0
    assert np.isnan(list(TASK.scorer(RAW[:0], TARGETS[:0])(np.zeros(0)).values())).all()


def test_encoding_and_answering_are_each_others_inverse():
    np.testing.assert_allclose(TASK.values(TASK.encode(TARGETS)), TARGETS, rtol=1e-5)


def test_the_loss_is_hubers_and_grows_in_a_straight_line_far_out():
    raw, target = torch.tensor(RAW), torch.tensor(TASK.encode(TARGETS)).double()
    assert torch.allclose(TASK.loss(raw, target).mean(), torch.nn.functional.huber_loss(raw, target))
    far = [float(TASK.loss(torch.tensor([[x, x]]), torch.zeros(1, 2)).mean()) for x in (10.0, 11.0, 12.0)]
    assert far[2] - far[1] == pytest.approx(far[1] - far[0]) == pytest.approx(1.0)
    only_first = TASK.loss(raw, target, weights=torch.tensor([2.0, 0.0])).mean()
    assert torch.allclose(only_first, torch.nn.functional.huber_loss(raw[:, 0], target[:, 0]))


def test_per_class_has_a_row_a_number():
    rows = TASK.per_class(RAW, TARGETS)
    assert [row["number"] for row in rows] == ["count", "size"]
    assert rows[0]["mae"] == pytest.approx(metrics.mean_absolute_error(TARGETS[:, 0], TASK.values(RAW)[:, 0]))


def test_every_image_is_in_one_range_of_each_number():
    task = Regress(("count",), (103.0,), (30.0,))
    kinds = task.subgroups(np.array([[0.0], [100.0], [119.9], [1e6]]))
    assert {name: rows.tolist() for name, rows in kinds.items()} == {
        "under 20": [0],
        "100 to 120": [1, 2],
        "from 180": [3],
    }
    rows = np.concatenate(list(TASK.subgroups(TARGETS).values()))
    assert np.bincount(rows).tolist() == [2] * 200
    assert TASK.is_error(RAW, TARGETS) is None


def test_the_charts_show_every_image():
    points, errors, *rest = TASK.charts(RAW, TARGETS)
    assert isinstance(points, Points) and isinstance(errors, Histogram) and len(rest) == 2
    np.testing.assert_allclose(points.y - points.x, TASK.values(RAW)[:, 0] - TARGETS[:, 0])
    assert errors.counts.sum() == 200 and len(errors.edges) == len(errors.counts) + 1


def test_the_baseline_answers_the_training_mean_and_explains_nothing():
    trivial = TASK.baseline_predictions(TASK.fit_baseline(TARGETS), np.zeros((200, TASK.units)))
    np.testing.assert_allclose(TASK.values(trivial)[0], TARGETS.mean(0), rtol=1e-6)
    assert TASK.scorer(trivial, TARGETS)(np.ones(200))["r2"] == pytest.approx(0, abs=1e-6)


def test_words():
    assert Regress(("age",), (0.0,), (1.0,)).describe(np.array([41.256]), [40.0]) == ("41.26", "40")
    assert TASK.describe(np.array([0.0, 0.0]), TARGETS[0])[0] == "count 100, size 1e-07"
    assert [number_text(value) for value in (0, -1234.6, 1e12)] == ["0", "-1,235", "1e+12"]
