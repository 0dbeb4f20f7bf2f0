"""Curves of boxes against numbers worked out one threshold at a time."""

import numpy as np
import pytest

from opsin.metrics.detection import RankedPredictions
from opsin.tasks.detection.charts import box_charts

RANKING = RankedPredictions(np.array([0.9, 0.8, 0.7, 0.6, 0.2]), np.array([True, False, True, True, False]), 4)
COUNTS = np.array([[3], [1]])


def test_curves_say_what_each_threshold_gives():
    precision, f1, points = box_charts(("cat",), (0.4,), (RANKING,), COUNTS, COUNTS[::-1])
    (curve,) = precision.curves
    assert curve.x.tolist() == pytest.approx([1 / 4, 1 / 4, 2 / 4, 3 / 4, 3 / 4])
    assert curve.y.tolist() == pytest.approx([1, 1 / 2, 2 / 3, 3 / 4, 3 / 5])
    (curve,) = f1.curves
    for threshold, value in zip(curve.x, curve.y, strict=True):
        told = RANKING.scores >= threshold
        assert value == pytest.approx(2 * RANKING.is_correct[told].sum() / (told.sum() + 4))
    assert "cat 0.40" in f1.caption and f1.caption.endswith(".")
    assert points.x.tolist() == [1, 3] and points.y.tolist() == [3, 1] and points.diagonal


def test_many_classes_share_a_chart_of_their_sums_and_absent_ones_have_no_curve():
    names, none = tuple("abcdefghijklm"), RankedPredictions(np.zeros(0), np.zeros(0, bool), 0)
    counts = np.ones((2, 13))
    precision, f1, points = box_charts(names, (0.5,) * 13, (RANKING, *[none] * 12), counts, counts)
    assert [curve.name for curve in precision.curves] == ["a"] == [curve.name for curve in f1.curves]
    assert points.x.tolist() == [13, 13] and f1.caption.endswith("and more.")
