"""The advice to train longer follows the validation curve, and only where the gain is larger than its error."""

import pytest

from opsin.evaluation import Score
from opsin.report.verdict import is_improving


def rows(values, name="accuracy"):
    return [{"epoch": float(i + 1), f"valid_{name}": value} for i, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "improving"),
    [
        ([0.5, 0.6, 0.7, 0.8, 0.85, 0.9], True),
        ([0.5, 0.8, 0.89, 0.9, 0.9, 0.9], False),
        ([0.5, 0.9, 0.9, 0.8, 0.7, 0.6], False),
        ([0.9], False),
        ([], False),
        ([0.5, float("nan"), 0.5, 0.6, float("nan"), 0.9], True),
    ],
)
def test_a_curve_that_still_rises(values, improving):
    assert is_improving(rows(values), ("accuracy", 1), Score(0.9, 0.86, 0.94)) is improving


def test_an_error_that_still_falls():
    values = [5.0, 4.0, 3.0, 2.0]
    assert is_improving(rows(values, "mae"), ("mae", -1), Score(2.0, 1.8, 2.2))
    assert not is_improving(rows(values[::-1], "mae"), ("mae", -1), Score(2.0, 1.8, 2.2))


def test_without_an_interval_there_is_no_advice():
    nan = float("nan")
    assert not is_improving(rows([0.1, 0.2, 0.9]), ("accuracy", 1), Score(0.9, nan, nan))
