"""CenterNet: objects as peaks of one heat map per class, with the distances from a peak to the sides of its box.

Peaks follow Zhou et al. 2019 (arXiv:1904.07850). Boxes are trained at all cells in the middle of an object (Liu et al.
2019, arXiv:1909.00700), which takes a tenth of the training time. The outputs of a cell are one logit per class and the
logarithms of the distances to the left, top, right and bottom of the box.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.geometry.boxes import giou, nms

NO_BOX, CROWD = -1, -2
LEAST, MOST, CANDIDATES = 0.01, 300, 1000
"""Minimum score of a prediction, maximum number of predictions per image, maximum number of peaks per image."""

_PRIOR = math.log(0.01 / 0.99)  # a logit of 0 is a probability of 0.01: avoids large losses at the start
_REACH = 4.0  # distance in cells at an output of 0
_FARTHEST = 6.0  # limit of the logarithm of distance / _REACH
_MIDDLE = 0.54  # share of a box's width and height that counts as its middle
_BOX_WEIGHT = 5.0
_OVERLAP = 0.6  # IoU from which boxes are suppressed, and GIoU from which they vote
_AROUND = 2  # cells on each side of a peak that vote


@dataclass(frozen=True, eq=False)
class CenterNetTargets:
    """Targets of a batch of n images, with p cells in the middle of an object.

    Attributes:
        heat: (n, classes, rows, columns), 1 at peaks, with a Gaussian around each.
        ignored: (n, rows, columns) booleans, true in crowds.
        objects: Number of objects.
        image: (p,) index of the image.
        row: (p,) row of the cell.
        column: (p,) column of the cell.
        boxes: (p, 4) xmin, ymin, xmax, ymax in pixels.
        share: (p,) weight of the cell in the loss of its box; the cells of a box sum up to at most 1.
    """

    heat: Tensor
    ignored: Tensor
    objects: int
    image: Tensor
    row: Tensor
    column: Tensor
    boxes: Tensor
    share: Tensor


def make_targets(target: Tensor, classes: int, grid: tuple[int, int], stride: int) -> CenterNetTargets:
    """Returns the targets for a batch of boxes.

    A Gaussian covers the middle of each box, with its peak at the cell of the centre. Cells in the middle of several
    boxes belong to the smallest.

    Args:
        target: Boxes, (n, m, 5): xmin, ymin, xmax, ymax in pixels, class; class -1 is no box, -2 a crowd.
        classes: Number of classes.
        grid: (rows, columns) of the output.
        stride: Pixels per cell.
    """
    (rows, columns), target = grid, target.float()
    real = (target[:, :, 4] >= 0) & (target[:, :, 2:4] > target[:, :, :2]).all(2)
    image, slot = real.nonzero(as_tuple=True)
    order = (target[image, slot, 2:4] - target[image, slot, :2]).prod(1).argsort(descending=True, stable=True)
    image, boxes = image[order], target[image[order], slot[order]]
    radius = ((boxes[:, 2:4] - boxes[:, :2]) / (2 * stride) * _MIDDLE).long()
    ends = torch.tensor([columns, rows], device=target.device)
    centre = ((boxes[:, :2] + boxes[:, 2:4]) / (2 * stride)).long().clamp(min=0).minimum(ends - 1)
    radius = radius.minimum(ends)
    wide = 2 * radius + 1
    box, step = _enumerate_groups(wide.prod(1))
    away = torch.stack((step % wide[box, 0], step // wide[box, 0]), 1) - radius[box]
    cell = centre[box] + away
    inside = ((cell >= 0) & (cell < ends)).all(1)
    box, away, (column, row) = box[inside], away[inside], cell[inside].unbind(1)
    gaussian = torch.exp(-18 * (away / wide[box]).square().sum(1))  # the middle is six standard deviations wide
    cell_of = (image[box] * rows + row) * columns + column
    heat = target.new_zeros(len(target), classes, rows * columns)
    kind = boxes[box, 4].long().clamp(max=classes - 1)
    heat.view(-1).scatter_reduce_(
        0, (image[box] * classes + kind) * rows * columns + cell_of % (rows * columns), gaussian, "amax"
    )
    owner = torch.full((len(target) * rows * columns,), -1, device=target.device).scatter_reduce_(
        0, cell_of, box, "amax"
    )
    mine = owner[cell_of] == box
    box, share = box[mine], gaussian[mine] / _gaussian_sums(radius)[box[mine]]
    crowds = _crowds(target, grid, stride)
    heat = heat.view(len(target), classes, rows, columns)
    return CenterNetTargets(heat, crowds, len(boxes), image[box], row[mine], column[mine], boxes[box, :4], share)


def _enumerate_groups(counts: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the group of each element and its position in the group; for counts 2, 3: 0 0 1 1 1 and 0 1 0 1 2."""
    group = torch.repeat_interleave(counts)
    return group, torch.arange(len(group), device=counts.device) - (counts.cumsum(0) - counts)[group]


def _gaussian_sums(radius: Tensor) -> Tensor:
    """Returns the sums (k,) of Gaussians with radii (k, 2) in cells over all of their cells."""
    steps = torch.arange(int(radius.max()) + 1 if len(radius) else 1, device=radius.device)
    side = torch.exp(-18 * (steps / (2 * radius[:, :, None] + 1)) ** 2) * (steps <= radius[:, :, None])
    return (2 * side.sum(2) - 1).prod(1)


def _crowds(target: Tensor, grid: tuple[int, int], stride: int) -> Tensor:
    """Returns booleans (n, rows, columns), true where the centre of a cell lies in a crowd."""
    x, y = ((torch.arange(cells, device=target.device) + 0.5) * stride for cells in (grid[1], grid[0]))
    across = (x >= target[:, :, 0, None]) & (x <= target[:, :, 2, None]) & (target[:, :, 4, None] == CROWD)
    down = (y >= target[:, :, 1, None]) & (y <= target[:, :, 3, None])
    return down.float().transpose(1, 2) @ across.float() > 0


def centernet_loss(logits: Tensor, target: Tensor, stride: int, weights: Tensor | None = None) -> Tensor:
    """Computes the focal loss of centres and 1 - GIoU of boxes.

    The focal loss (Law and Deng 2018, arXiv:1808.01244) gives little weight to cells near a peak and to cells that are
    predicted well.

    Args:
        logits: (n, classes + 4, rows, columns).
        target: Boxes, (n, m, 5).
        stride: Pixels per cell.
        weights: One weight per class for the peaks, (classes,).

    Returns:
        float32 (n,), whose mean is the mean over the objects of the batch.
    """
    classes = logits.shape[1] - 4
    with torch.no_grad():
        targets = make_targets(target, classes, (logits.shape[2], logits.shape[3]), stride)
        away = (1 - targets.heat).square_().square_().masked_fill_(targets.ignored[:, None], 0.0)
    heat = logits[:, :classes] + _PRIOR
    rows = (F.softplus(heat) * heat.sigmoid().square() * away).sum((1, 2, 3))
    image, kind, row, column = (targets.heat == 1).nonzero(as_tuple=True)
    top = heat[image, kind, row, column]
    at_peaks = F.softplus(-top) * (-top).sigmoid().square()
    rows = rows.index_add(0, image, at_peaks if weights is None else at_peaks * weights[kind])
    predicted = _boxes_at(
        logits[targets.image, classes:, targets.row, targets.column], targets.row, targets.column, stride
    )
    rows = rows.index_add(0, targets.image, _BOX_WEIGHT * (1 - giou(predicted, targets.boxes)) * targets.share)
    return rows * (len(logits) / max(1, targets.objects))


def _boxes_at(outputs: Tensor, row: Tensor, column: Tensor, stride: int) -> Tensor:
    """Returns boxes (k, 4) in pixels from the outputs (k, 4) of cells."""
    distance = outputs.clamp(-_FARTHEST, _FARTHEST).exp() * (_REACH * stride)
    middle = torch.stack((column, row), 1).add(0.5) * stride
    return torch.cat((middle - distance[:, :2], middle + distance[:, 2:]), 1)


def decode_peaks(logits: Tensor, stride: int) -> list[Tensor]:
    """Returns the boxes of each image.

    A peak is a cell that none of its eight neighbours exceeds. Of boxes of one class with an IoU above 0.6 only the one
    with the highest score is kept (non-maximum suppression).

    Args:
        logits: (n, classes + 4, rows, columns).
        stride: Pixels per cell.

    Returns:
        (k, 6) for each image by descending score: xmin, ymin, xmax, ymax in pixels, clipped to the image, class, score.
    """
    logits = logits.float()
    classes, rows, columns = logits.shape[1] - 4, logits.shape[2], logits.shape[3]
    heat = logits[:, :classes]
    scores = torch.where(F.max_pool2d(heat, 3, 1, 1) == heat, heat + _PRIOR, -torch.inf).sigmoid()
    scores, cells = scores.flatten(1).topk(min(CANDIDATES, classes * rows * columns))
    image, slot = (scores >= LEAST).nonzero(as_tuple=True)
    scores, cells = scores[image, slot], cells[image, slot]
    kind, cell = cells // (rows * columns), cells % (rows * columns)
    boxes = _vote_boxes(logits, stride, image, kind, cell // columns, cell % columns)
    ends = boxes.new_tensor([columns, rows, columns, rows]) * stride
    found = torch.cat((boxes.clamp(min=0).minimum(ends), kind[:, None], scores[:, None]), 1).cpu()
    return [_suppress(boxes) for boxes in found.split(torch.bincount(image, minlength=len(logits)).tolist())]


def _vote_boxes(logits: Tensor, stride: int, image: Tensor, kind: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Returns the boxes (p, 4) of peaks: weighted means of similar boxes of the 25 cells around each.

    Box voting (Gidaris and Komodakis 2015, arXiv:1505.01749), but of cells, weighted by their heat, before
    non-maximum suppression.
    """
    rows, columns, classes = logits.shape[2], logits.shape[3], logits.shape[1] - 4
    steps = torch.arange(-_AROUND, _AROUND + 1, device=logits.device)
    near_row, near_column = (
        part.flatten(1)
        for part in torch.broadcast_tensors((row[:, None] + steps)[:, :, None], (column[:, None] + steps)[:, None])
    )
    in_grid = (near_row >= 0) & (near_row < rows) & (near_column >= 0) & (near_column < columns)
    near_row, near_column = near_row.clamp(0, rows - 1), near_column.clamp(0, columns - 1)
    outputs = logits.permute(0, 2, 3, 1)[image[:, None], near_row, near_column]
    boxes = _boxes_at(outputs[:, :, classes:].flatten(0, 1), near_row.flatten(), near_column.flatten(), stride)
    boxes = boxes.unflatten(0, near_row.shape)
    own = boxes[:, boxes.shape[1] // 2, None].expand_as(boxes)
    overlap = (giou(boxes.flatten(0, 1), own.flatten(0, 1)).unflatten(0, near_row.shape) * in_grid).clamp(min=0)
    heat = (outputs.gather(2, kind[:, None, None].expand(-1, boxes.shape[1], 1))[:, :, 0] + _PRIOR).sigmoid()
    weight = heat * torch.where(overlap >= _OVERLAP, overlap**3, 0.0)
    return (boxes * weight[:, :, None]).sum(1) / weight.sum(1, keepdim=True)


def _suppress(found: Tensor) -> Tensor:
    return found[nms(found[:, :4], found[:, 5], found[:, 4], _OVERLAP)[:MOST]]
