"""True positives, false positives and missed objects, counted by hand."""

import numpy as np
import pytest

from opsin.metrics.detection import RankedPredictions, confusion, find_errors, match_images, rank_predictions


def boxes(*rows, width):
    return np.array(rows, np.float32).reshape(-1, width)


GROUND_TRUTH = boxes((0, 0, 10, 10, 0, 0, 100), (20, 0, 30, 10, 0, 0, 100), (40, 0, 50, 10, 1, 0, 100), width=7)
PREDICTION = boxes(
    (0, 0, 10, 10, 0, 0.9),  # right
    (0, 0, 10, 9, 0, 0.8),  # the same object again
    (40, 0, 50, 10, 0, 0.7),  # of another class
    (20, 0, 30, 9, 0, 0.2),  # correct, but below the threshold
    width=6,
)


def test_errors_of_an_image_are_true_positives_false_positives_and_missed_boxes():
    errors = find_errors(PREDICTION, GROUND_TRUTH, (0.3, 0.3))
    assert errors.above_threshold.tolist() == [True, True, True, False]
    assert errors.true_positive.tolist() == [True, False, False, False]
    assert errors.false_positive.tolist() == [False, True, True, False]
    assert errors.missed.tolist() == [False, True, True]
    assert errors.best_score.tolist() == pytest.approx([0.9, 0.2, 0])
    lower = find_errors(PREDICTION, GROUND_TRUTH, (0.1, 0.3))
    assert lower.true_positive.tolist() == [True, False, False, True] and lower.missed.tolist() == [False, False, True]


def test_crowds_are_neither_missed_nor_false():
    crowd = boxes((0, 0, 100, 100, 0, 1, 10000), width=7)
    errors = find_errors(PREDICTION, crowd, (0.3, 0.3))
    assert errors.above_threshold.sum() == 3 and not (
        errors.true_positive.any() or errors.false_positive.any() or errors.missed.any()
    )


def test_no_predictions_and_no_objects():
    nothing, no_boxes = GROUND_TRUTH[:0], PREDICTION[:0]
    assert find_errors(no_boxes, GROUND_TRUTH, (0.3, 0.3)).missed.all()
    assert find_errors(PREDICTION, nothing, (0.3, 0.3)).false_positive.tolist() == [True, True, True, False]
    assert len(find_errors(no_boxes, nothing, (0.3, 0.3)).above_threshold) == 0


def test_a_ranking_counts_over_all_images(rows):
    predictions, targets = rows([PREDICTION, PREDICTION[:1]]), rows([GROUND_TRUTH, GROUND_TRUTH[:0]])
    ranking = rank_predictions(match_images(predictions, targets, 0))
    assert ranking.scores.tolist() == pytest.approx([0.9, 0.9, 0.8, 0.7, 0.2])
    assert ranking.is_correct.tolist() == [True, False, False, False, True] and ranking.count == 2
    assert ranking.precision().tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, 2 / 5])
    assert ranking.recall().tolist() == pytest.approx([0.5, 0.5, 0.5, 0.5, 1])
    assert ranking.f1().tolist() == pytest.approx([2 / 3, 2 / 4, 2 / 5, 2 / 6, 4 / 7])


def test_the_threshold_with_the_best_f1_lies_between_scores():
    right = np.array([True, True, False, True, False, False])
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1])
    threshold = RankedPredictions(scores, right, 3).threshold()
    assert threshold == pytest.approx(0.4)
    best = max(2 * right[scores >= t].sum() / ((scores >= t).sum() + 3) for t in np.linspace(0, 1, 101))
    assert 2 * right[scores >= threshold].sum() / ((scores >= threshold).sum() + 3) == best
    tied = RankedPredictions(np.array([0.9, 0.5, 0.5]), np.array([True, True, False]), 2).threshold()
    assert tied == pytest.approx(0.25)  # two predictions of one score are above or below the threshold together
    assert RankedPredictions(scores, np.zeros(6, bool), 3).threshold() is None
    assert rank_predictions([]).threshold() is None


def rows_of(*arrays):
    found = np.empty(len(arrays), object)
    found[:] = arrays
    return found


def test_confusions_by_hand():
    table = confusion(rows_of(PREDICTION), rows_of(GROUND_TRUTH), (0.3, 0.3))
    # right; a copy of it is false; class 1 is taken for 0; the second object is missed
    assert table.tolist() == [[1, 0, 1], [1, 0, 0], [1, 0, 0]]
    assert confusion(PREDICTION[:0][None][:0], GROUND_TRUTH[:0][None][:0], (0.3,)).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("seed", range(4))
def test_confusions_add_up_to_the_objects_and_to_the_boxes_above_their_thresholds(seed):
    random = np.random.default_rng(seed)

    def draw(width):
        found = []
        for _ in range(20):
            corners = random.integers(0, 30, (random.integers(0, 9), 2))
            sizes = random.integers(4, 20, corners.shape)
            kinds, last = random.integers(0, 3, len(corners)), random.random(len(corners))
            columns = (
                [corners, corners + sizes, kinds, last]
                if width == 6
                else [corners, corners + sizes, kinds, 0 * kinds, sizes.prod(1)]
            )
            found.append(np.column_stack(columns).astype(np.float32).reshape(-1, width))
        return rows_of(*found)

    predictions, targets, thresholds = draw(6), draw(7), (0.2, 0.5, 0.8)
    table = confusion(predictions, targets, thresholds)
    errors = [find_errors(one, other, thresholds) for one, other in zip(predictions, targets, strict=True)]
    assert table[:3].sum(1).tolist() == [sum((one[:, 4] == kind).sum() for one in targets) for kind in range(3)]
    assert table[:, :3].sum() == sum(one.above_threshold.sum() for one in errors)
    assert np.trace(table) == sum(one.true_positive.sum() for one in errors) and table[3, 3] == 0
