"""Classes of pixels from targets to scores, words and charts."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score, jaccard_score

from opsin.core import DataError
from opsin.drawing import Histogram, Matrix
from opsin.geometry import IGNORED, Placement
from opsin.tasks import Segment

TASK = Segment(("background", "cell", "<wall>"))


def scenes(seed=0, count=6, size=(20, 25)):
    """Answers that are right in most patches, and the truth."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, (count, 4, 5)).repeat(5, 1).repeat(5, 2).astype(np.uint8)
    truth = truth[:, : size[0], : size[1]]
    wrong = random.random(truth.shape) < 0.2
    answer = np.where(wrong, random.integers(0, 3, truth.shape), truth)
    confidence = random.integers(90, 256, truth.shape)
    truth[0, :6] = IGNORED
    return np.stack([answer, confidence], 3).astype(np.uint8), truth


def test_scores_are_those_of_scikit_learn_over_all_known_pixels():
    raw, truth = scenes()
    said, true = raw[..., 0][truth != IGNORED], truth[truth != IGNORED]
    scores = TASK.scorer(raw, truth)(np.ones(len(truth)))
    assert scores["iou"] == pytest.approx(jaccard_score(true, said, average="macro"))
    assert scores["dice"] == pytest.approx(f1_score(true, said, average=None)[1:].mean())
    assert scores["pixel_accuracy"] == pytest.approx(accuracy_score(true, said))
    each = [
        f1_score(mask[mask != IGNORED], row[..., 0][mask != IGNORED], average=None, labels=(1, 2)).mean()
        for row, mask in zip(raw, truth, strict=True)
    ]
    assert scores["image_dice"] == pytest.approx(np.mean(each))
    all_classes = Segment(("sky", "cell", "wall")).scorer(raw, truth)(np.ones(len(truth)))
    assert all_classes["dice"] == pytest.approx(f1_score(true, said, average="macro"))


def test_rows_of_classes_are_those_of_scikit_learn():
    raw, truth = scenes(1)
    said, true = raw[..., 0][truth != IGNORED], truth[truth != IGNORED]
    for index, row in enumerate(TASK.per_class(raw, truth)):
        assert row["class"] == TASK.names[index] and row["count"] == sum((mask == index).any() for mask in truth)
        assert row["iou"] == pytest.approx(jaccard_score(true == index, said == index))
        assert row["dice"] == pytest.approx(f1_score(true == index, said == index))


def test_a_class_that_is_nowhere_has_no_part():
    raw, truth = np.zeros((2, 8, 8, 2), np.uint8), np.zeros((2, 8, 8), np.uint8)
    raw[0, :4, :, 0] = truth[0, :4] = 1
    scores = TASK.scorer(raw, truth)(np.ones(2))
    assert scores["iou"] == scores["dice"] == scores["boundary_f"] == 1
    assert np.isnan(TASK.per_class(raw, truth)[2]["dice"])


def test_an_image_without_a_class_counts_only_where_the_class_is_told():
    raw, truth = np.zeros((3, 8, 8, 2), np.uint8), np.zeros((3, 8, 8), np.uint8)
    raw[0, :4, :, 0] = truth[0, :4] = raw[1, 0, 0, 0] = 1
    task = Segment(("background", "cell"))
    assert task.scorer(raw, truth)(np.ones(3))["image_dice"] == 0.5
    assert task.scorer(raw, truth)(np.array([1.0, 0, 1]))["image_dice"] == 1
    assert np.isnan(task.scorer(raw, truth)(np.array([0, 0, 1.0]))["image_dice"])


def test_outputs_that_learn_the_loss_are_decoded_to_the_mask():
    _, truth = scenes(2)
    raw = torch.zeros(6, 3, 20, 25, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        TASK.loss(raw, torch.from_numpy(TASK.encode(truth)), smoothing=0.05).mean().backward()
        optimizer.step()
    answers = TASK.decode(raw.detach())
    assert answers.shape == (6, 20, 25, 2) and answers.dtype == np.uint8
    assert TASK.scorer(answers, truth)(np.ones(6))["iou"] == 1
    assert TASK.sample_loss(answers, truth) == pytest.approx(np.zeros(6))
    assert (answers[..., 1][truth != IGNORED] > 200).all()


def test_masks_go_back_to_the_size_of_the_image():
    frame = Placement((40, 50), (20, 25))
    raw, _ = scenes(3)
    full = TASK.to_image_space(raw[:1], [frame])[0]
    assert full.shape == (40, 50, 2)
    np.testing.assert_array_equal(full[::2, ::2], raw[0])


def test_the_trivial_answer_is_the_most_frequent_class():
    raw, truth = scenes(4)
    trivial = TASK.fit_baseline(truth)
    known = truth[truth != IGNORED]
    assert trivial == pytest.approx(np.bincount(known, minlength=3) / known.size)
    answers = TASK.baseline_predictions(trivial, raw)
    assert (answers[..., 0] == np.bincount(known).argmax()).all() and answers.shape == raw.shape


def test_columns_words_and_plain_answers_say_the_shares():
    raw = TASK.empty(1, (10, 10))
    raw[0, :3, :, 0], raw[..., 1] = 1, 255
    (plain,) = TASK.to_records(raw)
    assert plain["share_cell"] == pytest.approx(0.3) and plain["share_background"] == pytest.approx(0.7)
    assert plain["confidence"] == 1 and plain["mask"].shape == (10, 10)
    truth = np.zeros((10, 10), np.uint8)
    truth[:3] = 1
    assert TASK.describe(raw[0], truth) == ("cell 30%", "cell 30%; Dice 1.00")
    assert TASK.uncertainty(raw).tolist() == [0]
    assert {name: rows.tolist() for name, rows in TASK.subgroups(truth[None]).items()} == {
        "background": [0], "cell": [0], "<wall>": [],
    }  # fmt: skip


def test_charts_and_pictures():
    raw, truth = scenes(5)
    matrix, histogram = TASK.charts(raw, truth)
    assert isinstance(matrix, Matrix) and matrix.values.sum() == (truth != IGNORED).sum()
    assert isinstance(histogram, Histogram) and histogram.counts.sum() == 6
    picture = TASK.draw(np.zeros((20, 25, 3), np.uint8), raw[0], truth[0])
    assert picture.dtype == np.uint8 and picture.ndim == 3 and picture.shape[1] > 4 * 25


@pytest.mark.parametrize("names", [(), ("cell",), ("a", "a"), ("a", 1)])
def test_names_that_make_no_sense_are_refused(names):
    with pytest.raises(DataError, match="Expected"):
        Segment(names)
