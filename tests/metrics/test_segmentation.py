"""Counts of masks compared with scikit-learn and a distance transform."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from sklearn.metrics import confusion_matrix

from opsin.geometry import IGNORED
from opsin.metrics.segmentation import TOLERANCE, boundary_counts, boundary_f, confusion


def masks(seed, count=3, size=(17, 23), classes=3):
    """Returns random masks of 5x5 patches."""
    patches = np.random.default_rng(seed).integers(0, classes, (count, -(-size[0] // 5), -(-size[1] // 5)))
    return patches.repeat(5, 1).repeat(5, 2)[:, : size[0], : size[1]].astype(np.uint8)


@given(seed=st.integers(0, 999))
@settings(max_examples=20, deadline=None)
def test_confusion_is_that_of_the_known_pixels(seed):
    ground_truth, predictions = masks(seed), masks(seed + 1)
    ground_truth[1, 3:9] = IGNORED
    ground_truth[2] = IGNORED
    tables = confusion(predictions, ground_truth, 3)
    for table, truth, prediction in zip(tables, ground_truth, predictions, strict=True):
        known = truth != IGNORED
        expected = np.zeros((3, 3))
        if known.any():
            expected = confusion_matrix(truth[known], prediction[known], labels=range(3))
        np.testing.assert_array_equal(table, expected)


def outline(mask):
    edge = np.zeros(mask.shape, bool)
    edge[:-1] |= np.diff(mask.astype(int), axis=0) != 0
    edge[:, :-1] |= np.diff(mask.astype(int), axis=1) != 0
    return edge


@given(seed=st.integers(0, 999), size=st.tuples(st.integers(5, 300), st.integers(5, 300)))
@settings(max_examples=20, deadline=None)
def test_outlines_are_near_within_the_tolerance(seed, size):
    prediction, truth = masks(seed, 1, size)[0], masks(seed + 1, 1, size)[0]
    truth[size[0] // 2 :] = prediction[size[0] // 2 :]
    reach = max(1, round(TOLERANCE * np.hypot(*size)))
    predicted, true = outline(prediction), outline(truth)
    near = [
        distance_transform_edt(~edge) <= reach if edge.any() else np.zeros(size, bool) for edge in (true, predicted)
    ]
    expected = [(predicted & near[0]).sum(), predicted.sum(), (true & near[1]).sum(), true.sum()]
    np.testing.assert_array_equal(boundary_counts(prediction[None], truth[None])[0], expected)


def test_the_f_score_of_outlines():
    counts = np.array([[3.0, 4, 6, 10], [0, 0, 0, 0]])
    assert boundary_f(counts, np.ones(2)) == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert boundary_f(counts, np.array([0.0, 1])) == 1  # no boundary in prediction and ground truth
    assert boundary_f(np.array([[0.0, 4, 0, 10]]), np.ones(1)) == 0


def test_outlines_within_unknown_pixels_have_no_part():
    truth, prediction = np.zeros((1, 12, 12), np.uint8), np.zeros((1, 12, 12), np.uint8)
    truth[0, 2:9, 2:9] = IGNORED
    prediction[0, 4:6, 4:6] = 1
    predicted, total = boundary_counts(prediction, truth)[0, :2]
    assert predicted == total
