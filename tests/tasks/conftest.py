"""Made-up scenes: boxes, and answers that are nearly right."""

import numpy as np
import pytest


def in_rows(boxes):
    rows = np.empty(len(boxes), object)
    for index, some in enumerate(boxes):
        rows[index] = some
    return rows


def make_scenes(seed, images, classes, most=8, ties=False, crowds=0.1, copies=3):
    """Answers (k, 6) and targets (g, 7) of some images; some have no boxes, some have no answers.

    With `ties` many scores are equal.
    """
    random = np.random.default_rng(seed)
    answers, targets = [], []
    for _ in range(images):
        count = random.integers(0, most + 1)
        corner = random.uniform(0, 300, (count, 2))
        size = np.exp(random.uniform(np.log(8), np.log(180), (count, 2)))
        area = size.prod(1) * random.uniform(0.6, 1, count)
        kind, crowd = random.integers(0, classes, count), random.random(count) < crowds
        target = np.column_stack([corner, corner + size, kind, crowd, area]).astype(np.float32)
        targets.append(target)
        found = random.integers(0, copies * most + 1) if count else 0
        near = target[random.integers(0, max(1, count), found)]
        noise = random.normal(0, 0.12, (found, 4)) * random.random((found, 1))
        boxes = near[:, :4] + noise * np.tile(near[:, 2:4] - near[:, :2], 2)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        kind = np.where(random.random(found) < 0.8, near[:, 4], random.integers(0, classes, found))
        score = random.random(found)
        score = np.round(score * 4) / 4 if ties else score
        answer = np.column_stack([boxes, kind, score]).astype(np.float32)
        answers.append(answer[np.argsort(-answer[:, 5], kind="stable")])
    return in_rows(answers), in_rows(targets)


@pytest.fixture
def scenes():
    """Makes scenes, the same for the same arguments."""
    return make_scenes


@pytest.fixture
def rows():
    """Makes an array of arrays."""
    return in_rows
