"""Matches compared with a reference that applies COCO's rules one by one."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from opsin.metrics.matching import AREAS, MOST, THRESHOLDS, Candidates, box_overlaps, match


def by_rule(found, threshold, low, high):
    """Returns the matched object of each prediction, and the ignored predictions, by COCO's rules."""
    order = sorted(range(len(found.scores)), key=lambda index: -found.scores[index])[:MOST]
    aside = [bool(crowd) or not low <= area <= high for area, crowd in zip(found.true_areas, found.crowd, strict=True)]
    objects = sorted(range(len(aside)), key=lambda index: aside[index])
    taken, partners, ignored = set(), [], []
    for prediction in order:
        least, best = min(threshold, 1 - 1e-10), -1
        for index in objects:
            if index in taken and not found.crowd[index]:
                continue
            if best >= 0 and not aside[best] and aside[index]:
                break
            if found.overlaps[prediction, index] >= least:
                least, best = found.overlaps[prediction, index], index
        partners.append(best)
        if best >= 0:
            taken.add(best)
        ignored.append(aside[best] if best >= 0 else not low <= found.areas[prediction] <= high)
    return order, partners, ignored, sum(not each for each in aside)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 12), st.integers(0, 6))
def test_matches_follow_the_rules(seed, predictions, objects):
    random = np.random.default_rng(seed)
    found = Candidates(
        random.integers(0, 5, predictions) / 5,
        random.choice([100.0, 1024.0, 5000.0, 20000.0], predictions),
        random.choice([0.0, 0.4, 0.5, 0.55, 0.7, 0.75, 0.9, 1.0], (predictions, objects)),
        random.choice([100.0, 1024.0, 5000.0, 20000.0], objects),
        random.random(objects) < 0.25,
    )
    matches = match(found)
    assert matches.partner.shape == matches.ignored.shape == (len(AREAS), len(THRESHOLDS), min(predictions, MOST))
    for area, (low, high) in enumerate(AREAS):
        for index, threshold in enumerate(THRESHOLDS):
            order, partners, ignored, wanted = by_rule(found, threshold, low, high)
            assert matches.order.tolist() == order and matches.wanted[area] == wanted
            assert matches.partner[area, index].tolist() == partners
            assert matches.ignored[area, index].tolist() == ignored


def test_only_the_best_hundred_predictions_count():
    scores = np.linspace(0, 1, 150)
    found = Candidates(scores, np.full(150, 50.0), np.zeros((150, 1)), np.array([50.0]), np.array([False]))
    assert match(found).scores.tolist() == scores[::-1][:MOST].tolist()


def test_overlaps_with_a_crowd_are_over_the_predictions_own_area():
    mask = pytest.importorskip("pycocotools.mask")
    random = np.random.default_rng(0)
    corners = random.uniform(0, 50, (2, 20, 2)).astype(np.float32)
    first, second = np.concatenate([corners, corners + random.uniform(1, 40, (2, 20, 2))], 2).astype(np.float32)
    crowd = random.random(20) < 0.5
    as_coco = [
        np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
        for boxes in (first.astype(float), second.astype(float))
    ]
    expected = mask.iou(*as_coco, crowd.astype(np.uint8))
    np.testing.assert_array_equal(box_overlaps(first, second, crowd), expected)
    assert box_overlaps(first[:0], second, crowd).shape == (0, 20)
    assert not box_overlaps(np.zeros((1, 4)), np.zeros((1, 4)), np.array([False])).any()
