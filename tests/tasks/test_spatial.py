"""What a prediction needs of every task whose answers are places."""

import numpy as np
import pytest
import torch

from opsin.core import DataError
from opsin.geometry import Placement
from opsin.geometry.tiles import Tile
from opsin.tasks import Detect, Instances, Segment
from opsin.tasks.spatial import as_objects

FRAME = Placement((20, 40), (16, 16))
TASKS = [Detect(("a", "b")), Segment(("background", "b")), Instances(("a", "b"))]
every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)


def answer_of(task) -> np.ndarray:
    """The upper left quarter of an input of 16x16 is an object of the last class."""
    if task.name == "detect":
        return as_objects([np.array([[0, 0, 8, 8, 1, 0.8], [8, 8, 16, 12, 0, 0.1]], np.float32)])
    answer = task.empty(1, (16, 16))
    answer[..., 1] = 204
    answer[0, :8, :8, 0] = 1 if task.name == "segment" else 256 + 1
    return answer


@every_task
def test_answers_are_in_pixels_of_the_image(task):
    (full,) = task.to_image_space(answer_of(task), [FRAME])
    marked = task.to_annotations("x.png", full, FRAME.image)
    assert marked.boxes[:, :4].tolist() == [[0, 0, 20, 10]]
    assert task.object_names[int(marked.boxes[0, 4])] == "b"
    assert marked.boxes[0, 6] == 200
    assert marked.scores == pytest.approx([0.8])
    if task.name != "detect":
        assert full.shape == (20, 40, 2)


@every_task
def test_overlays_are_as_large_as_the_image_and_show_the_answer(task):
    pixels = np.full((400, 800, 1), 128, np.uint8)
    (full,) = task.to_image_space(answer_of(task), [Placement((400, 800), (16, 16))])
    picture = task.overlay(pixels, full)
    assert picture.shape == (400, 800, 3) and picture.dtype == np.uint8
    there = (picture != 128).any(2)
    assert there[:210, :410].any() and not there[220:, 420:].any()


@every_task
def test_no_answer_is_drawn_marked_and_joined(task):
    (blank,) = task.to_image_space(task.empty(1, (16, 16)), [Placement((400, 400), (16, 16))])
    assert len(task.to_annotations("x", blank, (400, 400)).boxes) == 0
    assert (task.overlay(np.zeros((400, 400, 3), np.uint8), blank) == 0).all()
    windows = [Tile((0, 0), (400, 300)), Tile((0, 200), (400, 500))]
    placements = [Placement((400, 300), (16, 16))] * 2
    cells = (4, 4) if task.name == "detect" else (16, 16)
    logits = torch.full((2, task.units, *cells), -9.0)
    logits[:, 0] = 9.0 if task.name != "detect" else -9.0
    merged = task.decode_tiles(iter(logits), placements, windows, (400, 500))
    assert len(task.to_annotations("x", merged, (400, 500)).boxes) == 0


def test_a_confidence_overrules_thresholds():
    task = TASKS[0]
    assert task.with_threshold(0.05).to_columns(answer_of(task))["count"] == [2]
    assert task.with_threshold(0.9).to_columns(answer_of(task))["count"] == [0]
    with pytest.raises(DataError, match="from 0 to 1"):
        task.with_threshold(1.5)


def test_objects_of_less_confidence_are_left_out():
    raw = torch.full((1, 4, 16, 16), -4.0)
    raw[:, 0] = 0.0
    raw[0, 1, :6, :6], raw[0, 2, 10:, 10:] = 1.0, 3.0
    raw[0, 3, 5, :6] = raw[0, 3, :6, 5] = raw[0, 3, 10, 10:] = raw[0, 3, 10:, 10] = 4.0
    task = TASKS[2]
    sure = task.with_threshold(0.9)
    assert task.to_columns(task.decode(raw))["count"] == [2]
    answer = sure.decode(raw)
    assert sure.to_columns(answer)["count"] == [1] and sure.to_columns(answer)["count_b"] == [1]
    assert np.unique(answer[..., 0]).tolist() == [0, 257]
    assert answer[0, 0, 0, 1] < 128 < answer[0, 0, 15, 1]
    with pytest.raises(DataError, match="from 0 to 1"):
        task.with_threshold(-1.0)


def test_an_object_is_less_sure_where_its_outline_was_not_seen():
    raw = torch.full((1, 4, 16, 16), -4.0)
    raw[:, 0] = 0.0
    raw[0, 1, :6, :6] = raw[0, 1, 10:, 10:] = 3.0
    raw[0, 3, 5, :6] = raw[0, 3, :6, 5] = 4.0
    (answer,) = TASKS[2].decode(raw)
    assert 100 < answer[15, 15, 1] < 200 < answer[0, 0, 1]


def test_boxes_are_plain_records():
    (row,) = TASKS[0].to_records(answer_of(TASKS[0]))
    assert row["boxes"] == [{"label": "b", "confidence": 0.8, "box": [0.0, 0.0, 8.0, 8.0]}]


def test_masks_are_arrays():
    (row,) = TASKS[1].to_records(TASKS[1].to_image_space(answer_of(TASKS[1]), [FRAME]))
    assert row["mask"].shape == (20, 40) and row["mask"].dtype == np.uint8
    assert row["share_b"] == pytest.approx(0.25)
