"""The loss of peaks and boxes, and boxes from them, against outputs made from known boxes."""

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin.geometry.boxes import giou
from opsin.tasks.detection.centernet import LEAST, MOST, centernet_loss, decode_peaks, make_targets

CLASSES, GRID, STRIDE = 3, (16, 20), 4


def target_of(*images):
    """Boxes (xmin, ymin, xmax, ymax, class) of each image as the loss takes them."""
    most = max(1, *map(len, images))
    rows = [list(boxes) + [(0, 0, 0, 0, -1)] * (most - len(boxes)) for boxes in images]
    return torch.tensor(rows, dtype=torch.float32)


def perfect(target, classes=CLASSES, grid=GRID, stride=STRIDE):
    """Outputs that say exactly what the target says."""
    aim = make_targets(target, classes, grid, stride)
    raw = torch.zeros(len(target), classes + 4, *grid)
    raw[:, :classes] = torch.where(aim.heat == 1, 30.0, -30.0)
    x, y = (aim.column + 0.5) * stride, (aim.row + 0.5) * stride
    left, top, right, bottom = aim.boxes.unbind(1)
    distances = torch.stack((x - left, y - top, right - x, bottom - y), 1)
    raw[aim.image, classes:, aim.row, aim.column] = (distances / (4 * stride)).log()
    return raw


def apart(seed, count):
    """Boxes whose middles lie in different cells, at least two apart, none smaller than a cell, inside the input."""
    random, boxes, taken = np.random.default_rng(seed), [], set()
    for _ in range(count):
        size = random.uniform(4, 40, 2)
        corner = random.uniform(0, np.array([80, 64]) - size)
        cell = tuple(((corner + size / 2) / STRIDE).astype(int))
        if any(abs(cell[0] - x) < 2 and abs(cell[1] - y) < 2 for x, y in taken):
            continue
        taken.add(cell)
        boxes.append((*corner, *(corner + size), int(random.integers(CLASSES))))
    return boxes


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12))
def test_boxes_come_back_from_outputs_that_say_them(seed, count):
    boxes = apart(seed, count)
    (found,) = decode_peaks(perfect(target_of(boxes)), STRIDE)
    expected = [box for box in boxes if not covered(box, boxes)]
    assert len(found) >= len(expected)
    for box in expected:
        off = (found[found[:, 4] == box[4], :4] - torch.tensor(box[:4])).abs().amax(1)
        assert off.min() < 1e-3


def covered(box, boxes):
    """Whether another box comes near this one's middle: it may take the cell, or overlap too much."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    others = [other for other in boxes if other is not box]
    near = [o for o in others if o[0] - 8 <= x <= o[2] + 8 and o[1] - 8 <= y <= o[3] + 8]
    return bool(near)


def test_outputs_that_are_right_cost_nothing_and_wrong_ones_much():
    target = target_of([(8, 8, 40, 40, 0), (50, 20, 62, 36, 2)], [(10, 10, 70, 60, 1)], [])
    raw = perfect(target)
    assert centernet_loss(raw, target, STRIDE).mean().item() == pytest.approx(0, abs=1e-4)
    assert centernet_loss(raw.flip(0), target, STRIDE).mean().item() > 10
    missed, false, moved = raw.clone(), raw.clone(), raw.clone()
    missed[:, 0] = -30
    false[2, 1, 3, 3] = 8
    moved[:, CLASSES:] += 0.1
    for worse in (missed, false, moved):
        assert centernet_loss(worse, target, STRIDE).mean().item() > 0.1


def test_the_loss_is_a_mean_over_objects_whatever_the_batch():
    target = target_of([(8, 8, 40, 40, 0)], [(10, 10, 70, 60, 1)])
    raw = torch.randn(2, CLASSES + 4, *GRID, generator=torch.Generator().manual_seed(0))
    once = centernet_loss(raw, target, STRIDE).mean()
    twice = centernet_loss(raw.repeat(3, 1, 1, 1), target.repeat(3, 1, 1), STRIDE).mean()
    torch.testing.assert_close(once, twice)
    shuffled = torch.cat((target, target_of([], [])), 1).flip(1)
    torch.testing.assert_close(centernet_loss(raw, shuffled, STRIDE).mean(), once)


def test_weights_are_of_the_peaks_of_a_class():
    target = target_of([(8, 8, 40, 40, 0), (50, 20, 62, 36, 2)])
    raw = torch.zeros(1, CLASSES + 4, *GRID)
    plain, heavy, none = (
        centernet_loss(raw, target, STRIDE, torch.tensor(weights)).mean().item()
        for weights in ([1.0] * 3, [1.0, 1, 3], [1, 9.0, 1])
    )
    top = (1 - 0.01) ** 2 * -np.log(0.01)
    assert heavy - plain == pytest.approx(2 * top / 2, rel=1e-4) and none == pytest.approx(plain)


def test_a_crowd_is_neither_right_nor_wrong():
    raw = torch.full((1, CLASSES + 4, *GRID), -30.0)
    raw[0, 1, 4:8, 4:8] = 5
    crowd, nothing = target_of([(16, 16, 32, 32, -2)]), target_of([])
    assert centernet_loss(raw, crowd, STRIDE).mean().item() == pytest.approx(0, abs=1e-4)
    assert centernet_loss(raw, nothing, STRIDE).mean().item() > 5


def test_images_without_boxes_and_boxes_that_are_none_give_finite_gradients():
    for boxes in ([], [(5, 5, 5, 9, 0)], [(9, 9, 5, 5, 1)], [(-50, -50, 300, 300, 1)], [(200, 200, 210, 210, 2)]):
        raw = (torch.randn(2, CLASSES + 4, *GRID) * 30).requires_grad_()
        loss = centernet_loss(raw, target_of(boxes, []), STRIDE).mean()
        loss.backward()
        assert torch.isfinite(loss) and torch.isfinite(raw.grad).all()


def test_a_smaller_object_keeps_its_cells_inside_a_larger_one():
    large, small = (0, 0, 80, 64, 0), (34, 26, 46, 38, 0)
    for boxes in ([large, small], [small, large]):
        aim = make_targets(target_of(boxes), CLASSES, GRID, STRIDE)
        at = (aim.row == 8) & (aim.column == 10)
        assert aim.boxes[at].tolist() == [list(small[:4])]
        assert len(torch.unique(aim.row * GRID[1] + aim.column)) == len(aim.row)
    alone = make_targets(target_of([large]), CLASSES, GRID, STRIDE)
    assert alone.share.sum().item() == pytest.approx(1, abs=1e-5)
    assert alone.heat.max() == 1 and (alone.heat == 1).sum() == 1 and alone.heat[0, 0, 8, 10] == 1


def test_gradient_steps_on_the_outputs_find_the_boxes():
    target = target_of([(8, 8, 40, 40, 0), (50, 20, 62, 36, 2)], [(10, 10, 70, 60, 1)], [])
    raw = torch.zeros(3, CLASSES + 4, *GRID, requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.1)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, 400)
    for _ in range(400):
        optimizer.zero_grad()
        centernet_loss(raw, target, STRIDE).mean().backward()
        optimizer.step()
        schedule.step()
    found = decode_peaks(raw.detach(), STRIDE)
    for boxes, wanted in zip(found, target, strict=True):
        wanted, told = wanted[wanted[:, 4] >= 0], boxes[boxes[:, 5] > 0.5]
        assert len(told) == len(wanted)
        told = told[told[:, 4].argsort()][:, :5]
        torch.testing.assert_close(told, wanted[wanted[:, 4].argsort()], atol=1, rtol=0)


def test_answers_are_bounded_sorted_cut_and_few():
    raw = torch.randn(2, 5 + 4, 64, 64, generator=torch.Generator().manual_seed(1)) * 6
    for boxes in decode_peaks(raw, STRIDE):
        assert 0 < len(boxes) <= MOST and (boxes[:, 5] >= LEAST).all() and (boxes[:, :4] >= 0).all()
        assert (boxes[:, :4] <= 256).all() and (boxes[:-1, 5] >= boxes[1:, 5]).all()
        assert set(boxes[:, 4].tolist()) <= set(range(5))
    assert [len(boxes) for boxes in decode_peaks(torch.full((2, 5, 8, 8), -20.0), STRIDE)] == [0, 0]
    assert decode_peaks(raw[:0], STRIDE) == []


def test_cells_that_say_nearly_the_same_box_share_their_opinion():
    raw = torch.full((1, 1 + 4, *GRID), -30.0)
    raw[0, 1:] = 0  # boxes of eight cells around each cell
    raw[0, 0, 8, 10], raw[0, 0, 8, 11] = 10, 9.99
    raw[0, 1:, 8, 11] = torch.tensor([22.0, 16, 14, 16]).div(16).log()  # 4 to the right, 2 wider on both sides
    (found,) = decode_peaks(raw, STRIDE)
    x, y = 10.5 * STRIDE, 8.5 * STRIDE
    overlap = giou(torch.tensor([[-16.0, -16, 16, 16]]), torch.tensor([[-18.0, -16, 18, 16]])).item()
    expected = 2 * overlap**3 / (1 + overlap**3)
    torch.testing.assert_close(
        found[0, :4], torch.tensor([x - 16 - expected, y - 16, x + 16 + expected, y + 16]), atol=1e-3, rtol=0
    )
    raw[0, 1:, 8, 11] = 2  # another box altogether
    torch.testing.assert_close(decode_peaks(raw, STRIDE)[0][0, :4], torch.tensor([x - 16, y - 16, x + 16, y + 16]))
