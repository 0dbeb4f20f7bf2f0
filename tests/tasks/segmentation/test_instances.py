"""Objects of pixels from targets to scores, words and charts."""

import contextlib
import io

import numpy as np
import pytest
import torch
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn.metrics import f1_score, jaccard_score

from opsin.core import DataError
from opsin.drawing import Histogram, Points
from opsin.geometry import Placement
from opsin.tasks import Instances
from opsin.tasks.segmentation.losses import outlines

NAMES = ("red", "white")
TASK = Instances(NAMES)
SIZE = 64


def truth_of(random, count):
    """A mask of codes: discs of two classes, which may touch but not overlap."""
    down, across = np.mgrid[:SIZE, :SIZE]
    codes = np.zeros((SIZE, SIZE), np.int32)
    for number in range(1, count + 1):
        y, x, radius = random.integers((0, 0, 3), (SIZE, SIZE, 9))
        disc = ((down - y) ** 2 + (across - x) ** 2 <= radius**2) & (codes == 0)
        codes[disc] = 256 * number + random.integers(0, 2)
    return codes


def scenes(seed=0, images=8):
    """Answers that are moved a little, of the wrong class at times, missed or made up, and the truth."""
    random = np.random.default_rng(seed)
    truths = np.stack([truth_of(random, random.integers(0, 12)) for _ in range(images)])
    answers = np.zeros((images, SIZE, SIZE, 2), np.int32)
    for row, truth in enumerate(truths):
        moved = np.roll(truth, random.integers(-2, 3, 2), (0, 1))
        for number, code in enumerate(np.unique(moved[moved > 0]), 1):
            if random.random() < 0.85:
                kind = code % 256 if random.random() < 0.85 else random.integers(0, 2)
                answers[row][moved == code] = 256 * number + kind, random.integers(128, 256)
    return answers, truths


def their_ap(answers, truths):
    """AP, AP50 and AP75 of pycocotools over the same masks."""
    annotations, said = [], []
    for image, (answer, truth) in enumerate(zip(answers, truths, strict=True)):
        for code in np.unique(truth[truth > 0]):
            encoded = coco_mask.encode(np.asfortranarray(truth == code, np.uint8))
            one = {"image_id": image, "category_id": int(code % 256), "segmentation": encoded}
            annotations.append(one | {"id": len(annotations) + 1, "iscrowd": 0, "area": int((truth == code).sum())})
        for code in np.unique(answer[..., 0][answer[..., 0] > 0]):
            encoded = coco_mask.encode(np.asfortranarray(answer[..., 0] == code, np.uint8))
            score = answer[..., 1][answer[..., 0] == code][0] / 255
            said.append({"image_id": image, "category_id": int(code % 256), "segmentation": encoded, "score": score})
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": image, "height": SIZE, "width": SIZE} for image in range(len(truths))],
        "categories": [{"id": index, "name": name} for index, name in enumerate(NAMES)],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        judge = COCOeval(truth, truth.loadRes(said), "segm")
        judge.params.maxDets = [1, 10, 1000]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 2]
    return [precision.mean(), precision[0].mean(), precision[5].mean()]


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_pycocotools(seed):
    answers, truths = scenes(seed)
    scores = TASK.scorer(answers, truths)(np.ones(len(truths)))
    assert [scores["ap"], scores["ap50"], scores["ap75"]] == pytest.approx(their_ap(answers, truths), abs=1e-6)
    table = TASK.per_class(answers, truths)
    assert np.mean([row["ap"] for row in table]) == pytest.approx(scores["ap"])
    assert sum(row["count"] for row in table) == sum(len(np.unique(mask)) - 1 for mask in truths)


def test_dice_and_counts():
    answers, truths = scenes(7)
    scores = TASK.scorer(answers, truths)(np.ones(8))
    said, true = answers[..., 0].ravel() > 0, truths.ravel() > 0
    assert scores["dice"] == pytest.approx(f1_score(true, said)) and scores["iou"] == pytest.approx(
        jaccard_score(true, said)
    )
    pairs = [(t.ravel() > 0, a[..., 0].ravel() > 0) for a, t in zip(answers, truths, strict=True)]
    each = [f1_score(*pair) for pair in pairs if np.any(pair)]
    assert scores["image_dice"] == pytest.approx(np.mean(each))
    more = [len(np.unique(a[..., 0])) - len(np.unique(t)) for a, t in zip(answers, truths, strict=True)]
    assert scores["count_mae"] == pytest.approx(np.abs(more).mean())
    assert scores["count_bias"] == pytest.approx(np.mean(more))


def sure(truth):
    """Outputs that leave no doubt."""
    codes = torch.from_numpy(truth)
    classes = torch.nn.functional.one_hot(((codes % 256 + 1) * (codes > 0)).long(), 3).movedim(3, 1)
    return torch.cat([classes * 20.0, torch.where(outlines(codes), 8.0, -8.0)[:, None]], 1)


def test_outputs_that_leave_no_doubt_lose_nothing_and_become_the_objects():
    down, across = np.mgrid[:SIZE, :SIZE]
    truth = np.zeros((2, SIZE, SIZE), np.int32)
    for number, (y, x) in enumerate([(20, 20), (20, 36), (45, 30)], 1):
        truth[0][(down - y) ** 2 + (across - x) ** 2 <= 64] = 256 * number + number % 2
    raw = sure(truth)
    assert TASK.loss(raw, torch.from_numpy(TASK.encode(truth))).mean().item() < 0.01
    answers = TASK.decode(raw)
    assert answers.dtype == np.int32 and answers.shape == (2, SIZE, SIZE, 2)
    scores = TASK.scorer(answers, truth)(np.ones(2))
    assert scores["ap50"] == 1 and scores["dice"] == 1 and scores["count_mae"] == 0
    assert TASK.to_columns(answers)["count_white"] == [2, 0] and TASK.sample_loss(answers, truth).tolist() == [0, 0]


def test_less_sure_objects_are_left_out_when_asked():
    truth = np.zeros((1, SIZE, SIZE), np.int32)
    truth[0, 5:20, 5:20], truth[0, 40:60, 40:60] = 256, 512
    raw = sure(truth)
    raw[:, :3, :30] *= 0.05  # chances near .6
    assert TASK.to_columns(TASK.decode(raw))["count"] == [2]
    strict = TASK.with_threshold(0.9)
    assert strict.to_columns(strict.decode(raw))["count"] == [1]
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(DataError):
            TASK.with_threshold(wrong)


def test_calibration_leaves_out_specks_that_are_none():
    answers, truths = scenes(3)
    for number, place in enumerate(range(0, 60, 6), 300):
        answers[:, place : place + 2, 60:62] = 256 * number, 200
    calibrated = TASK.calibrated(answers, truths)
    assert calibrated.least_area > 4 and TASK.calibrated(answers[:0], truths[:0]) == TASK


def test_calibration_leaves_out_no_sure_objects_for_the_sake_of_unsure_ones():
    truth = np.zeros((1, SIZE, SIZE), np.int32)
    truth[0, 5:25, 5:25], truth[0, 40:44, 40:45] = 256, 512
    answers = np.stack([truth, np.where(truth > 0, 250, 0)], 3).astype(np.int32)
    for number, place in enumerate(range(0, 60, 12), 3):
        answers[0, place : place + 4, 55:60] = 256 * number, 130
    assert TASK.calibrated(answers, truth).least_area <= 20
    answers[answers[..., 1] == 130, 1] = 255  # now the unsure ones cost what they are worth
    assert TASK.calibrated(answers, truth).least_area == 40


def test_objects_go_back_to_the_size_of_the_image():
    answers, _ = scenes(4)
    full = TASK.to_image_space(answers[:1], [Placement((2 * SIZE, 2 * SIZE), (SIZE, SIZE))])[0]
    assert full.shape == (2 * SIZE, 2 * SIZE, 2)
    np.testing.assert_array_equal(full[::2, ::2], answers[0])


def test_plain_answers_words_charts_and_pictures():
    truth = np.zeros((1, SIZE, SIZE), np.int32)
    truth[0, 5:15, 5:25], truth[0, 40:60, 40:60] = 256, 513
    answers = TASK.decode(sure(truth))
    (plain,) = TASK.to_records(answers)
    assert plain["count"] == 2 and plain["area_mean"] == 300 and plain["mask"].max() == 2
    assert sorted((row["label"], row["area"]) for row in plain["objects"]) == [("red", 200), ("white", 400)]
    said, true = TASK.describe(answers[0], truth[0])
    assert said == "1 × red, 1 × white" and true == "1 × red, 1 × white; F1 1.00"
    points, histogram = TASK.charts(answers, truth)
    assert isinstance(points, Points) and points.x.tolist() == [2] and isinstance(histogram, Histogram)
    assert TASK.draw(np.zeros((SIZE, SIZE, 3), np.uint8), answers[0], truth[0]).dtype == np.uint8
    nothing = TASK.baseline_predictions(TASK.fit_baseline(truth), answers)
    assert TASK.scorer(nothing, truth)(np.ones(1))["dice"] == 0 and TASK.uncertainty(nothing).tolist() == [0]


@pytest.mark.parametrize(
    "fields",
    [{"names": ()}, {"names": ("a", "a")}, {"least_area": -1}, {"least_area": 1.5}, {"least_confidence": 2.0}],
)
def test_fields_that_make_no_sense_are_refused(fields):
    with pytest.raises(DataError):
        Instances(**{"names": NAMES, **fields})
