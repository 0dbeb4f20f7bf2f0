"""Labels against scikit-learn and torch."""

import numpy as np
import pytest
import torch
from sklearn import metrics

from opsin.tasks import MultiLabel

TASK = MultiLabel(("cat", "dog", "sun"), temperature=0.8)
RANDOM = np.random.default_rng(0)
TARGETS = (RANDOM.random((300, 3)) < [0.2, 0.5, 0.8]).astype(np.float32)
RAW = RANDOM.normal(size=(300, 3)) * 2 + 2 * (TARGETS - 0.5)


def oracle(raw, targets, weights):
    """Means over labels of scikit-learn's scores of one label."""
    probabilities = TASK.probabilities(raw)
    scores = {name: [] for name in ("accuracy", "balanced_accuracy", "macro_f1", "auroc", "log_loss")}
    for label in range(3):
        truth, chance = targets[:, label], probabilities[:, label]
        said = chance >= 0.5
        scores["accuracy"].append(metrics.accuracy_score(truth, said, sample_weight=weights))
        scores["balanced_accuracy"].append(metrics.balanced_accuracy_score(truth, said, sample_weight=weights))
        scores["macro_f1"].append(metrics.f1_score(truth, said, sample_weight=weights))
        scores["auroc"].append(metrics.roc_auc_score(truth, chance, sample_weight=weights))
        scores["log_loss"].append(metrics.log_loss(truth, chance, sample_weight=weights))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def test_scores_are_scikit_learns_plain_and_weighted():
    scorer = TASK.scorer(RAW, TARGETS)
    for weights in (np.ones(300), RANDOM.integers(0, 4, 300).astype(float)):
        expected = oracle(RAW, TARGETS, weights)
        assert {name: scorer(weights)[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_a_label_that_is_never_true_nor_given_is_left_out():
    raw, targets = np.c_[RAW[:, :2], np.full(300, -9.0)], np.c_[TARGETS[:, :2], np.zeros(300)]
    scores = TASK.scorer(raw, targets)(np.ones(300))
    first = MultiLabel(("cat", "dog"), 0.8).scorer(raw[:, :2], targets[:, :2])(np.ones(300))
    for name in ("balanced_accuracy", "macro_f1", "auroc"):
        assert scores[name] == pytest.approx(first[name])


def test_per_class_is_scikit_learns():
    precision, recall, f1, count = metrics.precision_recall_fscore_support(TARGETS, TASK.probabilities(RAW) >= 0.5)
    rows = TASK.per_class(RAW, TARGETS)
    assert [row["label"] for row in rows] == list(TASK.names) and [row["count"] for row in rows] == count.tolist()
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1)):
        np.testing.assert_allclose([row[name] for row in rows], expected)


def test_the_loss_is_the_definition_with_smoothing_and_weights():
    raw, target, weights = torch.tensor(RAW), torch.tensor(TARGETS).double(), torch.tensor([1.0, 2.0, 0.5]).double()
    truth, chance = 0.9 * target + 0.05, torch.sigmoid(raw)
    each = -(truth * chance.log() + (1 - truth) * (1 - chance).log())
    assert torch.allclose(TASK.loss(raw, target, smoothing=0.1, weights=weights).mean(), (each * weights).mean())


def test_words_columns_and_surprise():
    raw = np.array([[5.0, 5, -5], [-5.0, -5, -5]])
    assert TASK.to_columns(raw)["labels"] == ["cat|dog", ""]
    assert TASK.describe(raw[0], np.array([0, 0, 1.0])) == ("cat, dog", "sun")
    assert TASK.describe(raw[1], np.array([0, 0, 0])) == ("none", "none")
    assert TASK.sample_loss(raw, np.zeros((2, 3))).argmax() == 0
    assert TASK.uncertainty(np.array([[5.0, 5, 0.1], [5.0, 5, 5]])).argmax() == 0


def test_the_baseline_answers_the_share_of_each_label():
    trivial = MultiLabel(TASK.names).probabilities(
        TASK.baseline_predictions(TASK.fit_baseline(TARGETS), np.zeros((2, TASK.units)))
    )
    np.testing.assert_allclose(trivial, [TARGETS.mean(0)] * 2, atol=1e-5)


def test_each_label_has_its_rows_and_an_image_is_right_when_all_labels_are():
    kinds = TASK.subgroups(TARGETS)
    assert [len(kinds[name]) for name in TASK.names] == TARGETS.sum(0).tolist()
    right = metrics.accuracy_score(TARGETS.astype(int), (TASK.probabilities(RAW) >= 0.5).astype(int))
    assert 1 - TASK.is_error(RAW, TARGETS).mean() == pytest.approx(right)
