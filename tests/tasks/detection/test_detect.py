"""Detection from targets to scores, words and charts."""

import numpy as np
import pytest
import torch

from opsin.core import DataError
from opsin.drawing import Points
from opsin.geometry import Placement
from opsin.tasks import Detect
from opsin.tasks.detection.detect import DEFAULT_THRESHOLD

NAMES = ("RBC", "WBC", "Platelets")
TASK = Detect(NAMES)
TARGET = np.array(
    [
        [10, 10, 40, 40, 0, 0, 900],
        [50, 10, 80, 40, 0, 0, 900],
        [20, 60, 70, 100, 1, 0, 2000],
        [0, 0, 99, 99, 0, 1, 9801],
    ],
    np.float32,
)
ANSWER = np.array(
    [[11, 10, 40, 40, 0, 0.9], [20, 60, 70, 100, 1, 0.8], [80, 80, 120, 120, 2, 0.5], [50, 12, 80, 40, 0, 0.1]],
    np.float32,
)


def test_targets_become_one_array_for_the_loss(rows):
    encoded = TASK.encode(rows([TARGET, TARGET[:0], TARGET[:1]]))
    assert encoded.shape == (3, 4, 5) and encoded.dtype == np.float32
    assert encoded[:, :, 4].tolist() == [[0, 0, 1, -2], [-1] * 4, [0, -1, -1, -1]]
    np.testing.assert_array_equal(encoded[0, :, :4], TARGET[:, :4])
    assert TASK.encode(rows([])).shape == (0, 1, 5)


def test_outputs_that_learn_the_loss_are_decoded_to_the_boxes(rows):
    targets = rows([TARGET, TARGET[:0], TARGET[:1]])
    encoded = torch.from_numpy(TASK.encode(targets))
    raw = torch.zeros(3, TASK.units, 32, 32, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        TASK.loss(raw, encoded, smoothing=0.1, weights=torch.ones(3)).mean().backward()
        optimizer.step()
    answers = TASK.decode(raw.detach())
    assert answers.shape == (3,) and all(boxes.dtype == np.float32 and boxes.shape[1] == 6 for boxes in answers)
    scores = TASK.scorer(answers, targets)(np.ones(3))
    assert scores["ap"] > 0.99 and scores["ap50"] > 0.99 and scores["count_mae"] == 0
    assert not TASK.is_error(answers, targets).any()


def test_boxes_go_back_to_the_pixels_of_the_images(rows):
    frame = Placement((200, 400), (128, 128))
    inside, beside = frame.boxes_to_input(ANSWER * [2, 1, 2, 1, 1, 1]), np.array([[5, 0, 50, 20, 0, 0.9]])
    restored = TASK.to_image_space(rows([np.concatenate([inside, beside]).astype(np.float32)]), [frame])
    assert restored[0].dtype == np.float32
    np.testing.assert_allclose(restored[0], ANSWER * [2, 1, 2, 1, 1, 1], atol=1e-3)


def test_columns_say_what_is_over_the_threshold(rows):
    columns = TASK.to_columns(rows([ANSWER, ANSWER[:0]]))
    assert columns["count"] == [3, 0] and columns["count_RBC"] == [1, 0] and columns["count_Platelets"] == [1, 0]
    told = columns["boxes"][0]
    assert [box["label"] for box in told] == ["RBC", "WBC", "Platelets"]
    assert told[0]["box"] == [11, 10, 40, 40] and told[0]["confidence"] == pytest.approx(0.9)
    lower = Detect(NAMES, thresholds=(0.05, 0.9, 0.9))
    assert lower.to_columns(rows([ANSWER]))["count_RBC"] == [2] and lower.to_columns(rows([ANSWER]))["count"] == [2]


def test_scores_of_counts_are_off_by_what_a_person_would_count(rows):
    answers, targets = rows([ANSWER, ANSWER[:0]]), rows([TARGET, TARGET])
    scores = TASK.scorer(answers, targets)
    assert scores(np.ones(2))["count_mae"] == pytest.approx((1 + 0 + 1 + 2 + 1 + 0) / 6)
    assert scores(np.array([1.0, 0.0]))["count_mae"] == pytest.approx(2 / 3)
    assert set(scores(np.ones(2))) == {
        "ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar", "count_mae",
    }  # fmt: skip
    assert np.isnan(list(TASK.scorer(rows([]), rows([]))(np.zeros(0)).values())).all()


def test_rows_of_classes_agree_with_the_scores(scenes):
    answers, targets = scenes(0, 20, 3)
    table, scores = TASK.per_class(answers, targets), TASK.scorer(answers, targets)(np.ones(20))
    assert [row["class"] for row in table] == list(NAMES)
    for name in ("ap", "ap50", "count_mae"):
        assert np.mean([row[name] for row in table]) == pytest.approx(scores[name])
    crowds = np.concatenate(list(targets))[:, 5] != 0
    assert sum(row["count"] for row in table) == (~crowds).sum()


def test_precision_recall_and_f1_are_at_the_threshold(rows):
    row = TASK.per_class(rows([ANSWER]), rows([TARGET]))[0]
    assert (row["count"], row["precision"], row["recall"]) == (2, 1, 0.5) and row["f1"] == pytest.approx(2 / 3)
    absent = TASK.per_class(rows([ANSWER]), rows([TARGET]))[2]
    assert absent["count"] == 0 and absent["precision"] == 0 and np.isnan(absent["recall"]) and np.isnan(absent["ap"])


def test_words_pictures_and_doubts(rows):
    assert TASK.describe(ANSWER, TARGET) == ("1 × RBC, 1 × WBC, 1 × Platelets", "2 × RBC, 1 × WBC; 1 missed, 1 false")
    assert TASK.describe(ANSWER[:0], TARGET[:0]) == ("none", "none")
    answers, targets = rows([ANSWER, ANSWER[:2], ANSWER[:0]]), rows([TARGET, TARGET[[0, 2]], TARGET[3:]])
    assert TASK.is_error(answers, targets).tolist() == [True, False, False]
    assert TASK.sample_loss(answers, targets) == pytest.approx([0.1 + 0.2 + 0.9 + 0.5, 0.3, 0])
    assert TASK.uncertainty(rows([ANSWER[:0], ANSWER[:3], ANSWER[2:3] - [0, 0, 0, 0, 0, 0.15]])) == pytest.approx(
        [0, 0, 1]
    )
    kinds = TASK.subgroups(targets)
    assert {name: found.tolist() for name, found in kinds.items()} == {"RBC": [0, 1], "WBC": [0, 1], "Platelets": []}
    picture = TASK.draw(np.zeros((100, 120, 3), np.uint8), ANSWER, TARGET)
    assert picture.dtype == np.uint8 and picture.shape[1] >= 320


def test_the_trivial_answer_is_no_box(rows, scenes):
    answers, targets = scenes(1, 9, 3)
    trivial = TASK.fit_baseline(targets)
    assert trivial.ndim == 1
    nothing = TASK.baseline_predictions(trivial, answers)
    assert nothing.shape == (9,) and all(boxes.shape == (0, 6) for boxes in nothing)
    assert TASK.scorer(nothing, targets)(np.ones(9))["ap"] == 0


def test_calibration_finds_the_thresholds_with_the_best_f1(scenes):
    answers, targets = scenes(2, 60, 3)
    calibrated = TASK.calibrated(answers, targets)
    assert TASK.thresholds == (DEFAULT_THRESHOLD,) * 3 and calibrated.names == NAMES
    best = [row["f1"] for row in calibrated.per_class(answers, targets)]
    for threshold in np.linspace(0, 1, 21):
        other = Detect(NAMES, thresholds=(float(threshold),) * 3).per_class(answers, targets)
        assert all(mine >= row["f1"] - 1e-12 for mine, row in zip(best, other, strict=True))
    assert TASK.calibrated(answers[:0], targets[:0]) == TASK
    assert TASK.calibrated(TASK.empty(60, (9, 9)), targets) == TASK


def test_charts_show_every_class_and_count(scenes):
    answers, targets = scenes(3, 12, 3)
    matrix, precision, f1, *counts = TASK.charts(answers, targets)
    assert matrix.names[:-1] == NAMES and matrix.values[:-1].sum() == sum((one[:, 5] == 0).sum() for one in targets)
    assert [curve.name for curve in precision.curves] == list(NAMES) == [curve.name for curve in f1.curves]
    assert len(counts) == 3 and all(isinstance(chart, Points) and chart.x.shape == (12,) for chart in counts)
    assert TASK.charts(answers[:0], targets[:0])


@pytest.mark.parametrize(
    "fields",
    [
        {"names": ()},
        {"names": ("a", "a")},
        {"names": ("a", 1)},
        {"stride": 3},
        {"stride": "4"},
        {"thresholds": (0.5,)},
        {"thresholds": (0.5, float("nan"), 0.5)},
        {"thresholds": (0.5, 2, 0.5)},
        {"thresholds": "abc"},
    ],
)
def test_fields_that_make_no_sense_are_refused(fields):
    with pytest.raises(DataError, match="Expected"):
        Detect(**{"names": NAMES, **fields})
