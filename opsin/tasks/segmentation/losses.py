"""Losses of logits per pixel compared with a mask: cross-entropy and Dice together, one value per image."""

import torch
import torch.nn.functional as F
from torch import Tensor

GAP, GAP_WEIGHT = 5, 4.0
"""Side of the window in which two objects leave a gap, and the additional weight of a pixel in it."""
_SMOOTH = 1.0  # avoids a division by 0 for a class without pixels


def class_loss(
    logits: Tensor, target: Tensor, ignored: int, *, smoothing: float = 0.0, weights: Tensor | None = None
) -> Tensor:
    """Computes cross-entropy and 1 - soft Dice.

    Dice (Milletari et al. 2016, arXiv:1606.04797) is a mean over the classes in the batch: small classes count as much
    as large ones.

    Args:
        logits: (n, classes, ...spatial axes).
        target: Class indices, (n, ...spatial axes).
        ignored: Index of pixels that do not count.
        smoothing: Label smoothing of the cross-entropy.
        weights: One weight per class, (classes,).

    Returns:
        float32 (n,), whose mean is the mean over all known pixels plus 1 - Dice of the batch.
    """
    target = target.long()
    known = target != ignored
    if not bool(known.any()):
        return logits.flatten(1).sum(1) * 0.0
    indices = target.masked_fill(~known, 0)
    entropy = F.cross_entropy(
        logits, target, weight=weights, ignore_index=ignored, label_smoothing=smoothing, reduction="none"
    )
    total = known.sum() if weights is None else (weights[indices] * known).sum()
    probabilities = logits.softmax(1) * known[:, None]
    labels = F.one_hot(indices, logits.shape[1]).movedim(-1, 1) * known[:, None]
    return entropy.flatten(1).sum(1) * (len(logits) / total) + dice_loss(probabilities, labels)


def dice_loss(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Computes 1 - soft Dice of the batch, a mean over the channels that have labels; both (n, channels, ...)."""
    axes = (0, *range(2, labels.ndim))
    shared = (probabilities * labels).sum(axes)
    size = labels.sum(axes)
    dice = (2 * shared + _SMOOTH) / (probabilities.sum(axes) + size + _SMOOTH)
    present = size > 0
    return (1 - dice[present]).mean() if bool(present.any()) else probabilities.sum() * 0.0


def outlines(codes: Tensor) -> Tensor:
    """Returns booleans (n, height, width): true where a pixel or one of its eight neighbours is of another object."""
    values = codes[:, None].float()
    padded = F.pad(values, (1, 1, 1, 1), mode="replicate")
    return (F.max_pool2d(padded, 3, 1) != -F.max_pool2d(-padded, 3, 1))[:, 0]


def outline_loss(logits: Tensor, codes: Tensor) -> Tensor:
    """Computes binary cross-entropy and 1 - soft Dice of logits (n, height, width) for outlines of objects, (n,)."""
    labels = outlines(codes).float()
    entropy = F.binary_cross_entropy_with_logits(logits, labels, reduction="none").mean((1, 2))
    return entropy + dice_loss(torch.sigmoid(logits)[:, None], labels[:, None])


def gaps(codes: Tensor) -> Tensor:
    """Returns booleans (n, height, width): true where two objects lie in the window of `GAP` pixels around a pixel."""
    values = codes[:, None].float()
    highest = F.max_pool2d(values, GAP, 1, GAP // 2)
    lowest = -F.max_pool2d(torch.where(values > 0, -values, -torch.inf), GAP, 1, GAP // 2)
    return ((highest > 0) & (highest != lowest))[:, 0]


def gap_loss(logits: Tensor, classes: Tensor, codes: Tensor) -> Tensor:
    """Computes cross-entropy of classes and outlines in the gaps between objects, relative to all pixels.

    Few pixels decide on the separation of objects; U-Net's loss weights them more (Ronneberger et al. 2015).

    Args:
        logits: (n, classes + 1, height, width); the last channel is the outline.
        classes: Class indices, (n, height, width).
        codes: Instance codes, (n, height, width).

    Returns:
        float32 (n,).
    """
    near = gaps(codes)
    values = logits.movedim(1, 3)[near]
    labels = outlines(codes)[near].float()
    loss = F.cross_entropy(values[:, :-1], classes[near].long(), reduction="none")
    loss = loss + F.binary_cross_entropy_with_logits(values[:, -1], labels, reduction="none")
    rows = loss.new_zeros(len(logits)).index_add(0, near.nonzero()[:, 0], loss)
    return rows * (GAP_WEIGHT * len(logits) / near.numel())
