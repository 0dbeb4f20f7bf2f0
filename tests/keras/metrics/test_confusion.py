"""Precision, recall and areas are Keras's; the areas near the exact ones."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import OpsinError

GENERATOR = np.random.default_rng(0)
P = GENERATOR.dirichlet(np.ones(4), 60).astype(np.float32)
Y = GENERATOR.integers(0, 4, 60)
HOT = np.eye(4, dtype=np.float32)[Y]
BINARY = (Y % 2).astype(np.float32)
CASES = [
    ("AUC", {}, BINARY, P[:, 0]),
    ("AUC", {"num_thresholds": 11}, HOT, P),
    ("Precision", {}, HOT, P),
    ("Recall", {"thresholds": 0.3}, BINARY, P[:, 1]),
    *(
        ("AUC", {"curve": curve, "summation_method": method, "num_thresholds": count}, BINARY, P[:, 0])
        for curve in ("ROC", "PR")
        for method in ("interpolation", "minoring", "majoring")
        for count in (7, 200)
    ),
    ("AUC", {"curve": "PR"}, HOT, P),
    ("AUC", {"curve": "PR"}, np.zeros(60, np.float32), P[:, 0]),
    ("AUC", {"curve": "PR"}, np.ones(60, np.float32), P[:, 0]),
    ("AUC", {"thresholds": [0.1, 0.5, 0.2]}, BINARY, P[:, 0]),
    ("AUC", {}, BINARY, 6 * P[:, 0] - 2),
    ("Precision", {"thresholds": 0.9999}, HOT, P),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}{case[1]}{case[2].shape}")
def test_every_metric_matches_keras(update_both, case, weighted):
    update_both(case, weighted)


def test_areas_are_near_the_exact_ones():
    from sklearn.metrics import average_precision_score, roc_auc_score

    generator = np.random.default_rng(1)
    y = generator.integers(0, 2, 4000)
    p = np.clip(0.3 * y + generator.random(4000) * 0.7, 0, 1).astype(np.float32)
    assert ours.metrics.AUC(1000)(y, p) == pytest.approx(roc_auc_score(y, p), abs=2e-3)
    assert ours.metrics.AUC(1000, curve="PR")(y, p) == pytest.approx(average_precision_score(y, p), abs=5e-3)


def test_an_output_that_is_no_number_is_not_positive():
    precision, recall = ours.metrics.Precision(), ours.metrics.Recall()
    for metric in (precision, recall):
        metric.update_state([1, 1, 0], [0.9, float("nan"), float("nan")])
    assert (precision.result(), recall.result()) == (1.0, 0.5)


@pytest.mark.parametrize(("make", "message"), [
    (lambda m: m.AUC(curve="PRC"), "curve='PRC'.* Expected .*'ROC' or 'PR'"),
    (lambda m: m.AUC(summation_method="mean"), "'interpolation', 'minoring', 'majoring'"),
    (lambda m: m.AUC(1), "at least 2"),
    (lambda m: m.Precision([0.1, 0.5]), "thresholds=.* Expected one number"),
])  # fmt: skip
def test_wrong_arguments_say_what_is_expected(make, message):
    with pytest.raises(OpsinError, match=message):
        make(ours.metrics)
