"""Boxes against closed forms and a slow reference."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin.geometry.boxes import box_area, box_iou, giou, nms


def some_boxes(count, seed, span=20):
    """Boxes with whole corners, so that overlaps and scores are often equal."""
    random = np.random.default_rng(seed)
    corners = random.integers(0, span, (count, 2))
    return torch.from_numpy(np.concatenate([corners, corners + random.integers(1, 9, (count, 2))], 1)).float()


def slow_iou(a, b):
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    inside = max(0, across) * max(0, down)
    return inside / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inside)


def slow_nms(boxes, scores, classes, iou):
    left = sorted(range(len(boxes)), key=lambda index: -scores[index])
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if classes[i] != classes[best] or slow_iou(boxes[best], boxes[i]) <= iou]
    return kept


def test_area_and_iou_of_every_pair():
    boxes = some_boxes(30, 0)
    assert box_area(boxes).tolist() == [(x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes.tolist()]
    expected = [[slow_iou(a, b) for b in boxes.tolist()] for a in boxes[:7].tolist()]
    np.testing.assert_allclose(box_iou(boxes[:7], boxes).numpy(), expected, rtol=1e-6)
    assert box_iou(boxes[:0], boxes).shape == (0, 30)
    nothing = torch.tensor([[1.0, 1, 1, 1]])
    assert box_iou(nothing, nothing).item() == 0


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([0, 0, 2, 2], [0, 0, 2, 2], 1),
        ([0, 0, 2, 2], [1, 0, 3, 2], 1 / 3),  # the box around both is full
        ([0, 0, 2, 2], [1, 1, 3, 3], 1 / 7 - 2 / 9),
        ([0, 0, 1, 1], [1, 1, 2, 2], -2 / 4),
        ([0, 0, 4, 4], [1, 1, 2, 2], 1 / 16),
        ([0, 0, 1, 1], [99, 0, 100, 1], -98 / 100),
    ],
)
def test_giou_in_closed_form(first, second, expected):
    first, second = torch.tensor([first, second]).float()[:, None]
    assert giou(first, second).item() == pytest.approx(expected, abs=1e-6)
    assert giou(second, first).item() == pytest.approx(expected, abs=1e-6)


def test_giou_has_a_gradient_for_disjoint_boxes():
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(giou(box, torch.tensor([[3.0, 0.0, 4.0, 1.0]])).sum(), box)
    assert gradient[0, 2] > 0 and torch.isfinite(gradient).all()
    nothing = torch.zeros(1, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(giou(nothing, nothing.detach()).sum(), nothing)
    assert torch.isfinite(gradient).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 2**31), st.sampled_from([0.0, 0.2, 0.5, 0.6, 1.0]), st.integers(1, 3))
def test_nms_matches_a_sequential_implementation(count, seed, iou, kinds):
    random = np.random.default_rng(seed)
    boxes = some_boxes(count, seed)
    scores = torch.from_numpy(random.integers(0, 6, count) / 5).float()  # many ties
    classes = torch.from_numpy(random.integers(0, kinds, count)).float()
    kept = nms(boxes, scores, classes, iou)
    assert kept.tolist() == slow_nms(boxes.tolist(), scores.tolist(), classes.tolist(), iou)
