"""Area, IoU, GIoU and non-maximum suppression of boxes (k, 4) of xmin, ymin, xmax, ymax."""

import numpy as np
import torch
from torch import Tensor


def box_area(boxes: Tensor) -> Tensor:
    """Returns the area of each box.

    Args:
        boxes: Tensor (k, 4).

    Returns:
        Tensor (k,); 0 for a box with swapped corners.

    Examples:
        >>> box_area(torch.tensor([[0.0, 0.0, 2.0, 3.0], [1.0, 1.0, 0.0, 5.0]])).tolist()
        [6.0, 0.0]
    """
    return (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)


def box_iou(first: Tensor, second: Tensor) -> Tensor:
    """Returns the intersection over union (IoU) of every pair of boxes.

    Args:
        first: Tensor (k, 4).
        second: Tensor (m, 4).

    Returns:
        Tensor (k, m) of values from 0 to 1.

    Examples:
        >>> box_iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 0.0, 3.0, 2.0]])).tolist()
        [[0.3333333432674408]]
    """
    width = torch.minimum(first[:, None, 2], second[:, 2]) - torch.maximum(first[:, None, 0], second[:, 0])
    height = torch.minimum(first[:, None, 3], second[:, 3]) - torch.maximum(first[:, None, 1], second[:, 1])
    intersection = width.clamp_(min=0) * height.clamp_(min=0)
    union = box_area(first)[:, None] + box_area(second) - intersection
    return torch.where(union > 0, intersection / union, 0.0)


def giou(first: Tensor, second: Tensor) -> Tensor:
    """Returns the generalized IoU of each box with its counterpart (Rezatofighi et al. 2019, arXiv:1902.09630).

    The IoU minus the fraction of the smallest enclosing box that the union does not cover, so that disjoint boxes
    have a gradient too.

    Args:
        first: Tensor (k, 4).
        second: Tensor (k, 4).

    Returns:
        Tensor (k,) of values from -1 to 1.

    Examples:
        >>> giou(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([[3.0, 0.0, 4.0, 1.0]])).tolist()
        [-0.5]
    """
    inner = (torch.minimum(first[:, 2:], second[:, 2:]) - torch.maximum(first[:, :2], second[:, :2])).clamp(min=0)
    outer = (torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])).clamp(min=0)
    intersection, enclosing = inner.prod(1), outer.prod(1).clamp(min=1e-9)
    union = (box_area(first) + box_area(second) - intersection).clamp(min=1e-9)
    return intersection / union - (enclosing - union) / enclosing


def nms(boxes: Tensor, scores: Tensor, classes: Tensor, iou: float) -> Tensor:
    """Returns the indices of the boxes that non-maximum suppression within each class keeps.

    A box is removed when a kept box of the same class with a higher score overlaps it by more than `iou`; of equal
    scores the earlier box counts as higher.

    Args:
        boxes: Tensor (k, 4).
        scores: Tensor (k,).
        classes: Tensor (k,) of class indices.
        iou: Threshold of the IoU.

    Returns:
        Tensor of indices, the highest score first.

    Examples:
        >>> boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [5.0, 5.0, 6.0, 6.0]])
        >>> nms(boxes, torch.tensor([0.5, 0.9, 0.1]), torch.zeros(3), 0.6).tolist()
        [1, 2]
    """
    order = scores.argsort(descending=True, stable=True)
    ranked, ranked_classes = boxes[order], classes[order]
    suppressed = ((box_iou(ranked, ranked) > iou) & (ranked_classes[:, None] == ranked_classes)).cpu().numpy()
    kept = np.ones(len(suppressed), bool)
    for row in range(len(suppressed)):
        if kept[row]:
            kept[row + 1 :] &= ~suppressed[row, row + 1 :]
    return order[torch.from_numpy(kept).to(order.device)]
