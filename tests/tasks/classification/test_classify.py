"""Classification against scikit-learn and torch."""

import warnings

import numpy as np
import pytest
import torch
from sklearn import metrics

from opsin.core import DataError
from opsin.drawing import Matrix
from opsin.tasks import Classify

TASK = Classify(tuple("abcd"), temperature=1.5)
RANDOM = np.random.default_rng(0)
TARGETS = RANDOM.integers(0, 4, 300)
RAW = RANDOM.normal(size=(300, 4)) + 1.5 * np.eye(4)[TARGETS]


def oracle(task, raw, targets, weights):
    probabilities, best, every = task.probabilities(raw), raw.argmax(1), np.arange(task.units)
    multi = {"multi_class": "ovr", "labels": every} if task.units > 2 else {}
    return {
        "accuracy": metrics.accuracy_score(targets, best, sample_weight=weights),
        "balanced_accuracy": metrics.balanced_accuracy_score(targets, best, sample_weight=weights),
        "macro_f1": metrics.f1_score(targets, best, average="macro", sample_weight=weights),
        "auroc": metrics.roc_auc_score(
            targets, probabilities if task.units > 2 else probabilities[:, 1], sample_weight=weights, **multi
        ),
        "log_loss": metrics.log_loss(targets, probabilities, sample_weight=weights, labels=every),
    }


@pytest.mark.parametrize("units", [2, 4])
def test_scores_are_scikit_learns_plain_and_weighted(units):
    task, raw, targets = Classify(TASK.names[:units], 1.5), RAW[:, :units], TARGETS % units
    scorer = task.scorer(raw, targets)
    for weights in (np.ones(300), RANDOM.integers(0, 4, 300).astype(float), RANDOM.random(300)):
        expected = oracle(task, raw, targets, weights)
        assert {name: scorer(weights)[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_a_class_that_the_rows_do_not_know_is_left_out():
    held = TARGETS != 3
    raw, targets = RAW[held][:, [0, 1, 2, 3]] - [0, 0, 0, 100], TARGETS[held]
    scores = TASK.scorer(raw, targets)(np.ones(len(raw)))
    rest = Classify(tuple("abc"), 1.5).scorer(raw[:, :3], targets)(np.ones(len(raw)))
    assert {**scores, "log_loss": 0} == pytest.approx({**rest, "log_loss": 0}, abs=1e-9)
    assert np.isnan(TASK.per_class(raw, targets)[3]["recall"])


def test_rows_of_one_class_have_no_auroc():
    scores = TASK.scorer(RAW[TARGETS == 1], TARGETS[TARGETS == 1])(np.ones((TARGETS == 1).sum()))
    assert np.isnan(scores.pop("auroc")) and np.isfinite(list(scores.values())).all()


def test_one_row_and_none():
    assert TASK.scorer(np.array([[5.0, 0, 0, 0]]), np.array([0]))(np.ones(1))["accuracy"] == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nothing = TASK.scorer(np.zeros((0, 4)), np.zeros(0, np.int64))(np.zeros(0))
    assert np.isnan(list(nothing.values())).all()


def test_per_class_is_scikit_learns():
    precision, recall, f1, count = metrics.precision_recall_fscore_support(TARGETS, RAW.argmax(1))
    rows = TASK.per_class(RAW, TARGETS)
    assert [row["class"] for row in rows] == list("abcd") and [row["count"] for row in rows] == count.tolist()
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1)):
        np.testing.assert_allclose([row[name] for row in rows], expected)


def test_the_loss_is_the_definition_with_smoothing_and_weights():
    raw, target, weights = torch.tensor(RAW), torch.tensor(TARGETS), torch.tensor([1.0, 2.0, 0.5, 1.0]).double()
    logs = torch.log_softmax(raw, 1)
    smooth = 0.9 * torch.nn.functional.one_hot(target, 4) + 0.1 / 4
    assert torch.allclose(TASK.loss(raw, target, smoothing=0.1).mean(), -(smooth * logs).sum(1).mean())
    picked = -logs[torch.arange(300), target] * weights[target]
    assert torch.allclose(TASK.loss(raw, target, weights=weights).mean(), picked.sum() / weights[target].sum())


def test_the_confusion_matrix_is_scikit_learns():
    matrix = TASK.charts(RAW, TARGETS)[0]
    assert isinstance(matrix, Matrix)
    np.testing.assert_array_equal(matrix.values, metrics.confusion_matrix(TARGETS, RAW.argmax(1)))


def test_the_worst_mistake_is_the_surest_wrong_answer():
    raw, targets = np.array([[0.0, 9, 0, 0], [9.0, 0, 0, 0], [0.1, 0, 0, 0]]), np.array([0, 0, 0])
    assert TASK.sample_loss(raw, targets).argmax() == 0 and TASK.uncertainty(raw).argmax() == 2
    assert TASK.describe(raw[1], 2) == ("a 99%", "c")


def test_the_baseline_answers_the_most_frequent_class_with_its_share():
    trivial = Classify(tuple("abc")).baseline_predictions(
        Classify(tuple("abc")).fit_baseline(np.array([0, 1, 1, 1])), np.zeros((2, 3))
    )
    np.testing.assert_allclose(Classify(tuple("abc")).probabilities(trivial), [[0.25, 0.75, 0]] * 2, atol=1e-5)


def test_one_class_is_none():
    with pytest.raises(DataError, match="at least 2"):
        Classify(("cat",))


def test_each_class_has_its_rows_and_wrong_is_what_accuracy_counts():
    kinds = TASK.subgroups(TARGETS)
    for index, name in enumerate(TASK.names):
        np.testing.assert_array_equal(kinds[name], np.flatnonzero(index == TARGETS))
    assert 1 - TASK.is_error(RAW, TARGETS).mean() == metrics.accuracy_score(TARGETS, RAW.argmax(1))
