"""Boxes in tensors: (k, 4) of xmin, ymin, xmax, ymax; areas, overlaps, and the best of many that overlap."""

import numpy as np
import torch
from torch import Tensor


def box_area(boxes: Tensor) -> Tensor:
    """(k,) areas; a box whose corners are the wrong way round has none.

    >>> box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0], [1.0, 1.0, 0.0, 5.0]])).tolist()
    [6.0, 0.0]
    """
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)


def box_iou(first: Tensor, second: Tensor) -> Tensor:
    """(k, m) intersections over unions of every box of `first` (k, 4) with every one of `second` (m, 4).

    >>> box_iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]])).tolist()
    [[0.3333333432674408]]
    """
    across = torch.minimum(first[:, None, 2], second[:, 2]) - torch.maximum(first[:, None, 0], second[:, 0])
    down = torch.minimum(first[:, None, 3], second[:, 3]) - torch.maximum(first[:, None, 1], second[:, 1])
    inside = across.clamp_(min=0) * down.clamp_(min=0)
    union = box_area(first)[:, None] + box_area(second) - inside
    return torch.where(union > 0, inside / union, 0.0)


def giou(first: Tensor, second: Tensor) -> Tensor:
    """(k,) generalised intersections over unions, box by box, from -1 to 1 (Rezatofighi et al. 2019, arXiv:1902.09630).

    The overlap, less the share of the smallest box around both that neither fills: boxes apart still say which way.

    >>> giou(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[3.0, 0.0, 4.0, 1.0]])).tolist()
    [-0.5]
    """
    inside = (torch.minimum(first[:, 2:], second[:, 2:]) - torch.maximum(first[:, :2], second[:, :2])).clamp(min=0)
    around = (torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])).clamp(min=0)
    both, hull = inside.prod(1), around.prod(1).clamp(min=1e-9)
    union = (box_area(first) + box_area(second) - both).clamp(min=1e-9)
    return both / union - (hull - union) / hull


def nms(boxes: Tensor, scores: Tensor, classes: Tensor, iou: float) -> Tensor:
    """Non-maximum suppression, class by class: the indices of boxes to keep, the highest score first.

    A box is left out when one of its class with a higher score, itself kept, overlaps it by more than `iou`; of equal
    scores the earlier box counts as higher.

    >>> boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [5.0, 5.0, 6.0, 6.0]])
    >>> nms(boxes, torch.tensor([0.5, 0.9, 0.1]), torch.zeros(3), 0.6).tolist()
    [1, 2]
    """
    order = scores.argsort(descending=True, stable=True)
    ranked, kinds = boxes[order], classes[order]
    beaten = ((box_iou(ranked, ranked) > iou) & (kinds[:, None] == kinds)).cpu().numpy()
    kept = np.ones(len(beaten), bool)
    for row in range(len(beaten)):
        if kept[row]:
            kept[row + 1 :] &= ~beaten[row, row + 1 :]
    return order[torch.from_numpy(kept).to(order.device)]
