"""Intervals: their width against closed forms, their coverage, and what groups do to them."""

import copy
import json
import pickle
import time

import numpy as np
import pytest

from opsin.evaluation import Predictions, Score, score
from opsin.tasks import Classify, Regress

TASK = Classify(("no", "yes"))
TEST = np.array(["test"])


def answers(right, groups=None):
    """Predictions on a class in turns, right where `right` says so."""
    targets = np.arange(len(right)) % 2
    said = np.where(right, targets, 1 - targets)
    return Predictions(
        tuple(map(str, range(len(right)))), groups, TEST.repeat(len(right)), targets, np.eye(2)[said] * 3
    )


def test_the_interval_of_an_accuracy_is_the_normal_one():
    found = score(answers(np.arange(2000) % 10 > 0), TASK)["accuracy"]
    half = 1.96 * np.sqrt(0.9 * 0.1 / 2000)
    assert found.value == 0.9 and (found.low, found.high) == pytest.approx((0.9 - half, 0.9 + half), abs=0.003)


def test_95_of_100_intervals_hold_the_truth():
    random = np.random.default_rng(0)
    task = Regress(("x",), (0.0,), (1.0,))
    covered = 0
    for _ in range(150):
        errors = random.exponential(2.0, (80, 1))
        rows = Predictions(tuple(map(str, range(80))), None, TEST.repeat(80), np.zeros((80, 1)), errors)
        found = score(rows, task, replicates=200)["mae"]
        covered += found.low <= 2.0 <= found.high
    assert 0.88 <= covered / 150 <= 0.99


def test_images_of_one_group_count_once():
    right = np.random.default_rng(1).random(60) < 0.8
    single = score(answers(right), TASK)["accuracy"]
    again = answers(np.repeat(right, 6)[:360])
    grouped = Predictions(again.ids, np.repeat(np.arange(60), 6), again.split, again.targets, again.predictions)
    wide, narrow = score(grouped, TASK)["accuracy"], score(again, TASK)["accuracy"]
    assert (wide.low, wide.high) == pytest.approx((single.low, single.high))
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_the_same_seed_gives_the_same_interval():
    rows = answers(np.arange(50) % 3 > 0)
    first, again, other = (str(score(rows, TASK, seed=seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_a_calibrated_model_may_have_no_calibration_error():
    random, task = np.random.default_rng(0), Classify(tuple("abcde"))
    held = 0
    for _ in range(20):
        predictions = random.normal(size=(400, 5)) * 2
        chances = task.probabilities(predictions)
        targets = (chances.cumsum(1) > random.random((400, 1))).argmax(1)
        rows = Predictions(tuple(map(str, range(400))), None, TEST.repeat(400), targets, predictions)
        found = score(rows, task, replicates=100)["ece"]
        assert 0 <= found.low <= found.value <= found.high < 0.12
        held += found.low <= 0.005
    assert held >= 6  # of 20; percentiles alone give 0


@pytest.mark.parametrize(("count", "low"), [(1, 0.025), (30, 0.8843), (1000, 0.99632)])
def test_all_right_is_not_certain(count, low):
    found = score(answers(np.ones(count, bool)), TASK, replicates=50)["accuracy"]
    assert (found.value, found.low, found.high) == pytest.approx((1, low, 1), abs=1e-4)
    wrong = score(answers(np.zeros(count, bool)), TASK, replicates=50)["accuracy"]
    assert (wrong.value, wrong.low, wrong.high) == pytest.approx((0, 0, 1 - low), abs=1e-4)


def test_what_is_not_defined_is_not_a_number_and_null_in_json():
    found = score(Predictions(("a",), None, TEST, np.array([0]), np.eye(2)[:1]), TASK)["auroc"]
    assert np.isnan([found.value, found.low, found.high]).all()
    assert found.to_json() == {"value": None, "low": None, "high": None}
    assert score(Predictions((), None, TEST[:0], np.zeros(0, np.int64), np.zeros((0, 2))), TASK) == {}


def test_a_score_reads_as_a_line():
    assert str(Score(0.93125, 0.92, 0.9412)) == "0.9313 (0.92 to 0.9412)"


def test_a_thousand_replicates_of_ten_thousand_rows_are_quick():
    random = np.random.default_rng(0)
    targets, task = random.integers(0, 10, 10_000), Classify(tuple("abcdefghij"))
    rows = Predictions(
        tuple(map(str, range(10_000))), None, TEST.repeat(10_000), targets, random.normal(size=(10_000, 10))
    )
    begun = time.process_time()
    score(rows, task)
    assert time.process_time() - begun < 4


def test_a_score_is_a_number_with_an_interval():
    found = Score(0.93125, 0.92, 0.9412)
    assert found > 0.9 and found == 0.93125 and max(found, 0.5) is found
    assert (f"{found:.3f}", f"{found}", round(found, 2)) == ("0.931", "0.9313 (0.92 to 0.9412)", 0.93)
    assert 1 - found == 1 - 0.93125 and np.mean([found, found]) == 0.93125
    assert json.loads(json.dumps({"accuracy": found})) == {"accuracy": 0.93125}


def test_copies_of_a_score_keep_the_interval():
    found = Score(0.5, 0.25, 0.75)
    for other in (copy.deepcopy(found), pickle.loads(pickle.dumps(found)), eval(repr(found))):
        assert (other, other.low, other.high, type(other)) == (0.5, 0.25, 0.75, Score)
