"""The tasks of the Task contract, each with builders of targets and predictions.

A new task adds one `Case` to `CASES`; the tests take it from the fixtures `case` and `spatial`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from opsin.geometry import IGNORED, Placement
from opsin.tasks import Classify, Detect, Instances, MultiLabel, Regress, Segment, Task
from opsin.tasks.tile_merging import merge_boxes, merge_objects

SIDE, CELL = 48, 24
"""The height and width of a network's input here, and of the squares that hold at most one object each."""


def stacked(rows):
    array = np.empty(len(rows), object)
    for index, row in enumerate(rows):
        array[index] = row
    return array


def class_targets(task, count, random, size):
    return random.integers(0, task.units, count)


def class_logits(task, targets, random, noise):
    sure = 40 * np.eye(task.units)[targets]
    return (sure + noise * (random.normal(size=sure.shape) * 2 - sure)).astype(np.float32)


def label_targets(task, count, random, size):
    return (random.random((count, task.units)) < 0.4).astype(np.float32)


def label_logits(task, targets, random, noise):
    sure = 80 * targets - 40
    return (sure + noise * (random.normal(size=sure.shape) * 2 - sure)).astype(np.float32)


def value_targets(task, count, random, size):
    return random.normal(task.mean, task.spread, (count, task.units)).astype(np.float32)


def value_logits(task, targets, random, noise):
    return task.encode(targets) + noise * random.normal(size=targets.shape).astype(np.float32)


def scenes(classes, count, random, size):
    """(k, 7) boxes an image: whole pixels, two pixels apart or more, none in the second image."""
    boxes = [[] for _ in range(count)]
    for row in range(count):
        for top, left in np.ndindex(size[0] // CELL, size[1] // CELL):
            high, wide = random.integers(8, 21, 2)
            y, x = CELL * top + random.integers(1, CELL - high), CELL * left + random.integers(1, CELL - wide)
            if row != 1 and random.random() < 0.8:
                boxes[row].append((x, y, x + wide, y + high, random.integers(classes), 0, high * wide))
    return [np.array(some, np.float32).reshape(-1, 7) for some in boxes]


def drawn(boxes, size, code):
    """A mask (height, width) with `code` of number and class in each box."""
    mask = np.zeros(size, np.int32)
    for number, (left, top, right, bottom, kind) in enumerate(boxes[:, :5].astype(int), 1):
        mask[top:bottom, left:right] = code(number, kind)
    return mask


def box_targets(task, count, random, size):
    targets = scenes(len(task.names), count, random, size)
    for boxes in targets:
        boxes[:, 5] = random.random(len(boxes)) < 0.1
    return stacked(targets)


def box_predictions(task, targets, random, noise):
    rows = []
    for boxes in targets:
        boxes = boxes[(boxes[:, 5] == 0) & (random.random(len(boxes)) >= 0.2 * noise)]
        corners = boxes[:, :4] + noise * random.uniform(-1, 1, (len(boxes), 4))
        other = random.random(len(boxes)) < 0.2 * noise
        kinds = np.where(other, random.integers(0, len(task.names), len(boxes)), boxes[:, 4])
        scores = np.sort(1 - noise * random.random(len(boxes)))[::-1]
        rows.append(np.column_stack([corners, kinds, scores]).astype(np.float32))
    return stacked(rows)


def crop_boxes(boxes, window):
    boxes = boxes - np.array([window.left, window.top, window.left, window.top, 0, 0], np.float32)
    boxes[:, :4] = boxes[:, :4].clip(0, [*window.size[::-1]] * 2)
    return boxes[(boxes[:, 2:4] > boxes[:, :2]).all(1)]


def mask_targets(task, count, random, size):
    boxes = scenes(len(task.names) - 1, count, random, size)
    masks = np.stack([drawn(some, size, lambda number, kind: kind + 1) for some in boxes]).astype(np.uint8)
    masks[:, 0] = IGNORED
    return masks


def mask_predictions(task, targets, random, noise):
    other = random.random(targets.shape) < 0.2 * noise
    classes = np.where(other, random.integers(0, task.units, targets.shape), targets * (targets != IGNORED))
    return np.stack([classes, 255 - noise * random.integers(0, 128, targets.shape)], 3).astype(np.uint8)


def mask_logits(task, prediction):
    """Logits (units, height, width) that are decoded to this prediction."""
    classes, confidence = prediction[..., 0].astype(int), prediction[..., 1] / 255
    rest = (1 - confidence) / (task.units - 1)
    chances = np.where(np.eye(task.units, dtype=bool)[classes], confidence[..., None], rest[..., None])
    return torch.from_numpy(np.log(chances.clip(1e-9)).transpose(2, 0, 1)).float()


def halved(boxes):
    """The first box as two objects that touch."""
    halves = boxes[[0, *range(len(boxes))]] if len(boxes) else boxes
    halves[:1, 2] = halves[1:2, 0] = halves[:1, [0, 2]].sum(1) // 2
    return halves


def object_targets(task, count, random, size):
    boxes = [halved(some) for some in scenes(len(task.names), count, random, size)]
    return np.stack([drawn(some, size, lambda number, kind: 256 * number + kind) for some in boxes])


def object_predictions(task, targets, random, noise):
    predictions = np.zeros((*targets.shape, 2), np.int32)
    predictions[..., 1] = 255
    for row, target in enumerate(targets):
        confidence = 255 - noise * random.permutation(128)  # average precision under weights is exact without ties
        for code in np.unique(target[target > 0]):
            if random.random() >= 0.2 * noise:
                moved = np.roll(target == code, noise * random.integers(-1, 2, 2), (0, 1))
                kind = random.integers(len(task.names)) if random.random() < 0.2 * noise else code % 256
                predictions[row][moved] = code // 256 * 256 + kind, confidence[code // 256]
    return predictions


def crop_mask(mask, window):
    return mask[window.top : window.bottom, window.left : window.right]


def crop_objects(mask, window):
    """The window's part with numbers of its own, as tiles are predicted one by one."""
    part = crop_mask(mask, window).copy()
    part[..., 0] += 256 * (window.top + window.left) * (part[..., 0] > 0)
    return part


@dataclass(frozen=True)
class Case:
    """A task with its data.

    `kind` is that of the target that asks for the task; `targets` takes (task, count, random, size) and gives targets
    as a table has them; `predictions` takes (task, targets, random, noise): perfect ones for a noise of 0, partly
    wrong ones for 1. `cells` is the height and width of the logits, `crop` cuts a spatial prediction to a window, and
    `reports` is what a spatial prediction consists of.
    """

    task: Task
    kind: str
    targets: Callable
    predictions: Callable
    rows: int = 60
    cells: tuple[int, ...] = ()
    crop: Callable | None = None
    reports: str = ""
    has_threshold: bool = False

    def data(self, noise, seed=0, count=None, size=(SIDE, SIDE)):
        """Predictions and targets, the same for the same arguments."""
        random = np.random.default_rng(seed)
        targets = self.targets(self.task, self.rows if count is None else count, random, size)
        return self.predictions(self.task, targets, random, noise), targets

    def merged(self, predictions, tiles, size):
        """The prediction for an image of (height, width) `size` from those for its tiles."""
        if self.reports != "masks":
            return (merge_boxes if self.reports == "boxes" else merge_objects)(predictions, tiles, size)
        placements = [Placement(tile.size, tile.size) for tile in tiles]
        return self.task.decode_tiles((mask_logits(self.task, one) for one in predictions), placements, tiles, size)

    def logits(self, seed=0):
        """Random outputs of a network."""
        generator = torch.Generator().manual_seed(seed)
        return 3 * torch.randn(self.rows, self.task.units, *self.cells, generator=generator)


CLASSES = ("classes", class_targets, class_logits)
LABELS = ("labels", label_targets, label_logits)
VALUES = ("numbers", value_targets, value_logits)
BOXES = ("boxes", box_targets, box_predictions, 6)
MASKS = ("masks", mask_targets, mask_predictions, 6, (SIDE, SIDE), crop_mask, "masks")
OBJECTS = ("instances", object_targets, object_predictions, 6, (SIDE, SIDE), crop_objects, "objects", True)
CASES = [
    Case(Classify(("cat", "dog", "<b>bird</b>"), 1.3), *CLASSES),
    Case(Classify(("no", "yes")), *CLASSES),
    Case(MultiLabel(("cat", "dog", "sun"), 0.7), *LABELS),
    Case(MultiLabel(("cat",)), *LABELS),
    Case(Regress(("count",), (10.0,), (3.0,)), *VALUES),
    Case(Regress(("height", "weight"), (1.7, 70.0), (0.1, 12.0)), *VALUES),
    Case(Detect(("cell", "<wall>")), *BOXES, (SIDE // 4, SIDE // 4), crop_boxes, "boxes", True),
    Case(Detect(("car",), 8, (0.4,)), *BOXES, (SIDE // 8, SIDE // 8), crop_boxes, "boxes", True),
    Case(Segment(("background", "cell", "<wall>")), *MASKS),
    Case(Segment(("sky", "car")), *MASKS),
    Case(Instances(("cell", "<wall>")), *OBJECTS),
    Case(Instances(("car",), 20, 0.25), *OBJECTS),
]


def id_of(case):
    return f"{case.task.name}-{len(case.task.names)}"


@pytest.fixture(scope="session", params=CASES, ids=id_of)
def case(request):
    """Every task."""
    return request.param


@pytest.fixture(scope="session", params=[case for case in CASES if case.reports], ids=id_of)
def spatial(request):
    """Every task with spatial predictions."""
    return request.param
