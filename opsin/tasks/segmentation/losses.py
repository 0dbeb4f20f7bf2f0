"""How far outputs for each pixel are from a mask: cross-entropy and Dice together."""

import torch
import torch.nn.functional as F
from torch import Tensor

GAP, GAP_WEIGHT = 5, 4.0
"""The side of the window in which two objects leave a gap, and what a pixel in it counts more."""
_SMOOTH = 1.0  # so that a class of no pixels is no division by nothing


def class_loss(
    raw: Tensor, target: Tensor, ignored: int, *, smoothing: float = 0.0, weights: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy and 1 - soft Dice of outputs (N, classes, height, width) for classes (N, height, width).

    Pixels of the value `ignored` count for nothing. Dice (Milletari et al. 2016, arXiv:1606.04797) is a mean over the
    classes that the batch has: it counts a small class as much as a large one.
    """
    target = target.long()
    known = target != ignored
    if not bool(known.any()):
        return raw.sum() * 0.0
    entropy = F.cross_entropy(raw, target, weight=weights, ignore_index=ignored, label_smoothing=smoothing)
    chances = raw.softmax(1) * known[:, None]
    truth = F.one_hot(target.masked_fill(~known, 0), raw.shape[1]).movedim(3, 1) * known[:, None]
    return entropy + dice_loss(chances, truth)


def dice_loss(chances: Tensor, truth: Tensor) -> Tensor:
    """1 - soft Dice of chances and truth (N, channels, height, width), a mean over the channels that have a truth."""
    shared = (chances * truth).sum((0, 2, 3))
    size = truth.sum((0, 2, 3))
    dice = (2 * shared + _SMOOTH) / (chances.sum((0, 2, 3)) + size + _SMOOTH)
    there = size > 0
    return (1 - dice[there]).mean() if bool(there.any()) else chances.sum() * 0.0


def outlines(codes: Tensor) -> Tensor:
    """(N, height, width), true where a pixel or one of its eight neighbours is of another object or class."""
    values = codes[:, None].float()
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    return (F.max_pool2d(padded, 3, 1) != -F.max_pool2d(-padded, 3, 1))[:, 0]


def outline_loss(raw: Tensor, codes: Tensor) -> Tensor:
    """Binary cross-entropy and 1 - soft Dice of outputs (N, height, width) for the outlines of objects."""
    truth = outlines(codes).float()
    entropy = F.binary_cross_entropy_with_logits(raw, truth)
    return entropy + dice_loss(torch.sigmoid(raw)[:, None], truth[:, None])


def gaps(codes: Tensor) -> Tensor:
    """(N, height, width), true where two objects lie within the window of `GAP` pixels around a pixel."""
    values = codes[:, None].float()
    highest = F.max_pool2d(values, GAP, 1, GAP // 2)
    lowest = -F.max_pool2d(torch.where(values > 0, -values, -torch.inf), GAP, 1, GAP // 2)
    return ((highest > 0) & (highest != lowest))[:, 0]


def gap_loss(raw: Tensor, classes: Tensor, codes: Tensor) -> Tensor:
    """Cross-entropy of classes and outlines in the gaps between objects alone, as a share of the mean over all pixels.

    Few pixels decide whether objects come apart; U-Net's loss weighs them more (Ronneberger et al. 2015). `raw` is
    (N, classes + 1, height, width), `classes` and `codes` (N, height, width).
    """
    near = gaps(codes)
    values = raw.movedim(1, 3)[near]
    of_classes = F.cross_entropy(values[:, :-1], classes[near].long(), reduction="sum")
    truth = outlines(codes)[near].float()
    of_outlines = F.binary_cross_entropy_with_logits(values[:, -1], truth, reduction="sum")
    return GAP_WEIGHT * (of_classes + of_outlines) / near.numel()
