"""Average precision compared with pycocotools and faster-coco-eval, and weights with repeated images."""

import contextlib
import io
import time

import numpy as np
import pytest

from opsin.metrics.average_precision import average_precision, coco_scores
from opsin.metrics.detection import match_images

NAMES = ("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar")


def coco_box(box):
    x0, y0, x1, y1 = map(float, box[:4])
    return [x0, y0, x1 - x0, y1 - y0]


def theirs(package, predictions, targets, classes):
    """Returns the packages' metrics of the same boxes; nan for their -1."""
    if package == "pycocotools":
        coco, evaluation = pytest.importorskip("pycocotools.coco"), pytest.importorskip("pycocotools.cocoeval")
        make, judge = coco.COCO, evaluation.COCOeval
    else:
        module = pytest.importorskip("faster_coco_eval")
        make, judge = module.COCO, module.COCOeval_faster
    boxes = [(image, box) for image, some in enumerate(targets) for box in some]
    truth = make()
    truth.dataset = {
        "info": {},
        "images": [{"id": image, "height": 999, "width": 999} for image in range(len(targets))],
        "categories": [{"id": index, "name": str(index)} for index in range(classes)],
        "annotations": [
            {"id": number + 1, "image_id": image, "category_id": int(box[4]), "bbox": coco_box(box)}
            | {"iscrowd": int(box[5]), "area": float(box[6])}
            for number, (image, box) in enumerate(boxes)
        ],
    }
    predicted = [
        {"image_id": image, "category_id": int(box[4]), "bbox": coco_box(box), "score": float(box[5])}
        for image, some in enumerate(predictions)
        for box in some
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = judge(truth, truth.loadRes(predicted), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    stats = np.array(evaluation.stats)[[0, 1, 2, 3, 4, 5, 8]]
    return np.where(stats < 0, np.nan, stats)


def ours(predictions, targets, classes, weights=None):
    prepared = [average_precision(match_images(predictions, targets, index)) for index in range(classes)]
    return [
        list(coco_scores(prepared, each).values())
        for each in ([np.ones(len(predictions))] if weights is None else weights)
    ]


@pytest.mark.parametrize("package", ["pycocotools", "faster-coco-eval"])
@pytest.mark.parametrize(
    ("images", "classes", "settings"),
    [
        (1, 1, {}),
        (12, 3, {}),
        (12, 3, {"ties": True}),
        (20, 2, {"crowds": 0.5, "ties": True}),
        (4, 1, {"most": 40, "copies": 6}),  # over a hundred predictions an image
        (3, 9, {"most": 3}),  # classes that are nowhere
    ],
)
def test_weights_of_one_give_what_others_give(scenes, package, images, classes, settings):
    for seed in range(3):
        predictions, targets = scenes(seed, images, classes, **settings)
        if not sum(map(len, predictions)):
            continue
        expected = theirs(package, predictions, targets, classes)
        np.testing.assert_allclose(ours(predictions, targets, classes)[0], expected, atol=1e-9)


def test_thresholds_met_exactly_count(rows):
    """Tests IoUs of exactly 0.5, 0.6, ... and recalls of exactly 0.1, 0.2, ..."""
    true = [[0, 0, 100, 100, 0, 0, 10000]] * 10
    target = rows([np.array([box], np.float32) for box in true])
    prediction = rows([np.array([[0, 0, 100, 50 + 5 * i, 0, 0.9 - i / 20]], np.float32) for i in range(10)])
    assert ours(prediction, target, 1)[0] == pytest.approx(
        theirs("pycocotools", prediction, target, 1), nan_ok=True, abs=1e-9
    )


def test_an_image_of_weight_three_is_three_images(scenes):
    predictions, targets = scenes(5, 15, 3)
    times = np.random.default_rng(0).integers(0, 4, (5, len(predictions)))
    for each, scores in zip(times, ours(predictions, targets, 3, times.astype(float)), strict=True):
        drawn = np.repeat(np.arange(len(predictions)), each)
        np.testing.assert_allclose(scores, ours(predictions[drawn], targets[drawn], 3)[0], atol=1e-12)
        np.testing.assert_allclose(scores, theirs("pycocotools", predictions[drawn], targets[drawn], 3), atol=1e-9)


def test_only_the_proportions_of_weights_count(scenes):
    predictions, targets = scenes(6, 15, 2)
    one, many = ours(predictions, targets, 2, [np.ones(15), np.full(15, 7.0)])
    assert one == pytest.approx(many, nan_ok=True)


def test_nothing_to_find_is_not_defined_and_nothing_found_is_zero(scenes, rows):
    predictions, targets = scenes(7, 6, 2)
    nothing = rows([boxes[:0] for boxes in predictions])
    assert ours(nothing, targets, 2)[0][0] == 0
    assert np.isnan(ours(predictions, rows([boxes[:0] for boxes in targets]), 2)[0]).all()
    assert np.isnan(ours(predictions[:0], targets[:0], 2)[0]).all()
    assert np.isnan(ours(predictions, targets, 2, [np.zeros(6)])[0]).all()
    assert ours(rows([np.insert(t[:, :5], 5, 0.5, 1) for t in targets]), targets, 2)[0][0] > 0.99


def test_a_thousand_weights_take_seconds(scenes):
    predictions, targets = scenes(8, 100, 3, most=12)
    prepared = [average_precision(match_images(predictions, targets, index)) for index in range(3)]
    weights = np.random.default_rng(0).integers(0, 3, (50, 100)).astype(float)
    start = time.process_time()
    for each in weights:
        coco_scores(prepared, each)
    assert (time.process_time() - start) / len(weights) < 0.02
