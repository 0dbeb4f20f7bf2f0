"""Objects as peaks of a map a class, with the distances from a peak to the sides of its box: loss, and boxes again.

Zhou et al. 2019 (arXiv:1904.07850) for the peaks, Liu et al. 2019 (arXiv:1909.00700) for learning boxes from the whole
middle of an object, which takes a tenth of the time. The outputs of a cell are one an class and the logarithms of the
distances to the left, top, right and bottom.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from opsin.geometry.boxes import giou, nms

NO_BOX, CROWD = -1, -2
LEAST, MOST, CANDIDATES = 0.01, 300, 1000
"""The least score of an answer, and at most how many answers an image has, from how many peaks."""

_PRIOR = math.log(0.01 / 0.99)  # outputs of 0 stand for a chance of 1 in 100, so that learning starts calmly
_REACH = 4.0  # and for a distance of so many cells
_FARTHEST = 6.0  # the most that the logarithm of a distance is off from that
_MIDDLE = 0.54  # the share of a box's width and height that is its middle
_BOX_WEIGHT = 5.0
_OVERLAP = 0.6
_AROUND = 2


@dataclass(frozen=True, eq=False)
class CenterNetTargets:
    """What a batch should answer: `heat` (N, classes, rows, columns), 1 at peaks, falling off around them.

    `ignored` (N, rows, columns) is true in crowds; `objects` is how many there are. Cells in the middle of an object
    are `image`, `row` and `column` (p); `boxes` (p, 4) are their boxes, and `share` (p) how much of its box each
    stands for.
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
    """The aim for boxes (N, m, 5: xmin, ymin, xmax, ymax, class); class -1 is no box, -2 a crowd.

    Around the cell of an object's centre stands a Gaussian over the middle of its box. Smaller objects take cells from
    larger ones.
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
    box, step = _count_off(wide.prod(1))
    away = torch.stack((step % wide[box, 0], step // wide[box, 0]), 1) - radius[box]
    cell = centre[box] + away
    inside = ((cell >= 0) & (cell < ends)).all(1)
    box, away, (column, row) = box[inside], away[inside], cell[inside].unbind(1)
    bump = torch.exp(-18 * (away / wide[box]).square().sum(1))  # the middle is six standard deviations wide
    place = (image[box] * rows + row) * columns + column
    heat = target.new_zeros(len(target), classes, rows * columns)
    kind = boxes[box, 4].long().clamp(max=classes - 1)
    heat.view(-1).scatter_reduce_(
        0, (image[box] * classes + kind) * rows * columns + place % (rows * columns), bump, "amax"
    )
    owner = torch.full((len(target) * rows * columns,), -1, device=target.device).scatter_reduce_(0, place, box, "amax")
    mine = owner[place] == box
    box, share = box[mine], bump[mine] / _sum_of_bump(radius)[box[mine]]
    crowds = _crowds(target, grid, stride)
    heat = heat.view(len(target), classes, rows, columns)
    return CenterNetTargets(heat, crowds, len(boxes), image[box], row[mine], column[mine], boxes[box, :4], share)


def _count_off(counts: Tensor) -> tuple[Tensor, Tensor]:
    """For counts 2 and 3: 0 0 1 1 1, and 0 1 0 1 2."""
    which = torch.repeat_interleave(counts)
    return which, torch.arange(len(which), device=counts.device) - (counts.cumsum(0) - counts)[which]


def _sum_of_bump(radius: Tensor) -> Tensor:
    """(k,) sums of the Gaussians with radii (k, 2) over all of their cells."""
    steps = torch.arange(int(radius.max()) + 1 if len(radius) else 1, device=radius.device)
    side = torch.exp(-18 * (steps / (2 * radius[:, :, None] + 1)) ** 2) * (steps <= radius[:, :, None])
    return (2 * side.sum(2) - 1).prod(1)


def _crowds(target: Tensor, grid: tuple[int, int], stride: int) -> Tensor:
    """(N, rows, columns) whether a cell's middle lies in a crowd."""
    x, y = ((torch.arange(cells, device=target.device) + 0.5) * stride for cells in (grid[1], grid[0]))
    across = (x >= target[:, :, 0, None]) & (x <= target[:, :, 2, None]) & (target[:, :, 4, None] == CROWD)
    down = (y >= target[:, :, 1, None]) & (y <= target[:, :, 3, None])
    return down.float().transpose(1, 2) @ across.float() > 0


def centernet_loss(logits: Tensor, target: Tensor, stride: int, weights: Tensor | None = None) -> Tensor:
    """Computes the focal loss of centres and 1 - GIoU of boxes.

    In the focal loss (Law and Deng 2018, arXiv:1808.01244) cells near a peak and cells that are right already count
    little.

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
        wanted = make_targets(target, classes, (logits.shape[2], logits.shape[3]), stride)
        away = (1 - wanted.heat).square_().square_().masked_fill_(wanted.ignored[:, None], 0.0)
    heat = logits[:, :classes] + _PRIOR
    rows = (F.softplus(heat) * heat.sigmoid().square() * away).sum((1, 2, 3))
    image, kind, row, column = (wanted.heat == 1).nonzero(as_tuple=True)
    top = heat[image, kind, row, column]
    at_peaks = F.softplus(-top) * (-top).sigmoid().square()
    rows = rows.index_add(0, image, at_peaks if weights is None else at_peaks * weights[kind])
    found = _boxes_at(logits[wanted.image, classes:, wanted.row, wanted.column], wanted.row, wanted.column, stride)
    rows = rows.index_add(0, wanted.image, _BOX_WEIGHT * (1 - giou(found, wanted.boxes)) * wanted.share)
    return rows * (len(logits) / max(1, wanted.objects))


def _boxes_at(raw: Tensor, row: Tensor, column: Tensor, stride: int) -> Tensor:
    """Boxes (k, 4) from the outputs (k, 4) of cells."""
    distance = raw.clamp(-_FARTHEST, _FARTHEST).exp() * (_REACH * stride)
    middle = torch.stack((column, row), 1).add(0.5) * stride
    return torch.cat((middle - distance[:, :2], middle + distance[:, 2:]), 1)


def decode_peaks(raw: Tensor, stride: int) -> list[Tensor]:
    """Boxes of each image, (k, 6: xmin, ymin, xmax, ymax, class, score), the highest score first, cut at the borders.

    A peak is a cell that no neighbour exceeds; of boxes of one class that overlap by over 0.6 the best is kept.
    """
    raw = raw.float()
    classes, rows, columns = raw.shape[1] - 4, raw.shape[2], raw.shape[3]
    heat = raw[:, :classes]
    scores = torch.where(F.max_pool2d(heat, 3, 1, 1) == heat, heat + _PRIOR, -torch.inf).sigmoid()
    scores, places = scores.flatten(1).topk(min(CANDIDATES, classes * rows * columns))
    image, slot = (scores >= LEAST).nonzero(as_tuple=True)
    scores, places = scores[image, slot], places[image, slot]
    kind, cell = places // (rows * columns), places % (rows * columns)
    boxes = _vote_boxes(raw, stride, image, kind, cell // columns, cell % columns)
    ends = boxes.new_tensor([columns, rows, columns, rows]) * stride
    found = torch.cat((boxes.clamp(min=0).minimum(ends), kind[:, None], scores[:, None]), 1).cpu()
    return [_best(some) for some in found.split(torch.bincount(image, minlength=len(raw)).tolist())]


def _vote_boxes(raw: Tensor, stride: int, image: Tensor, kind: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Boxes (p, 4) of peaks: means over the 25 cells around each, of those whose boxes say nearly the same.

    Gidaris and Komodakis 2015 (arXiv:1505.01749) let boxes vote after they are found; here cells do, by their heat.
    """
    rows, columns, classes = raw.shape[2], raw.shape[3], raw.shape[1] - 4
    steps = torch.arange(-_AROUND, _AROUND + 1, device=raw.device)
    near_row, near_column = (
        part.flatten(1)
        for part in torch.broadcast_tensors((row[:, None] + steps)[:, :, None], (column[:, None] + steps)[:, None])
    )
    there = (near_row >= 0) & (near_row < rows) & (near_column >= 0) & (near_column < columns)
    near_row, near_column = near_row.clamp(0, rows - 1), near_column.clamp(0, columns - 1)
    outputs = raw.permute(0, 2, 3, 1)[image[:, None], near_row, near_column]
    boxes = _boxes_at(outputs[:, :, classes:].flatten(0, 1), near_row.flatten(), near_column.flatten(), stride)
    boxes = boxes.unflatten(0, near_row.shape)
    own = boxes[:, boxes.shape[1] // 2, None].expand_as(boxes)
    overlap = (giou(boxes.flatten(0, 1), own.flatten(0, 1)).unflatten(0, near_row.shape) * there).clamp(min=0)
    heat = (outputs.gather(2, kind[:, None, None].expand(-1, boxes.shape[1], 1))[:, :, 0] + _PRIOR).sigmoid()
    weight = heat * torch.where(overlap >= _OVERLAP, overlap**3, 0.0)
    return (boxes * weight[:, :, None]).sum(1) / weight.sum(1, keepdim=True)


def _best(found: Tensor) -> Tensor:
    return found[nms(found[:, :4], found[:, 5], found[:, 4], _OVERLAP)[:MOST]]
