"""Decides if a horizontal flip keeps the target of an image: it does for a cat, not for a 3 or an arrow to the left."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from opsin.core import numpy_generator

from .downsample import downsample
from .one_thread import one_thread

SAMPLE = 1000
"""Most images of the probe."""
_FOLDS = 5
_PENALTIES = (0.01, 0.1, 1.0)
_MIRRORED = 0.4
"""Least share of the distance between two classes that flips bridge in both directions, for a pair of mirror images."""
_KEPT = 0.8
"""Least share of the accuracy above chance, or of the explained variation, that is left on flipped images."""
_UNKNOWN = 0.25
"""Largest share of classes that the probe cannot separate from another one."""
_NEIGHBORS = 5
_SURE, _SEPARATE = 4.0, 2.0
"""Standard errors of a difference between flipped and original images, and of one between classes."""
_LEAST_EXPLAINED = 0.1


@dataclass(frozen=True, eq=False)
class FlipSamples:
    """Images with their targets, and features of them and of their horizontal flips where there is a network.

    Attributes:
        pixels: uint8 (n, height, width, channels).
        targets: Classes, int64 (n,), or numbers, float (n, k).
        features: Pretrained features of the images and of their flips, float (n, d) each.
    """

    pixels: np.ndarray
    targets: np.ndarray
    features: tuple[np.ndarray, np.ndarray] | None = None

    def chosen(self, rows: np.ndarray) -> "FlipSamples":
        """Returns some of the samples."""
        features = None if self.features is None else (self.features[0][rows], self.features[1][rows])
        return FlipSamples(self.pixels[rows], self.targets[rows], features)


def flip_keeps_target(samples: FlipSamples, names: tuple[str, ...]) -> tuple[bool, str]:
    """Returns True where a horizontal flip keeps classes or numbers, and the reason.

    Ridge regression on pixels, and on pretrained features where there are some, predicts each image and its flip by a
    fit without both. A flip changes the target in each of these cases:

    - The flips of class A look like B and those of B like A: they bridge at least 40 % of the distance between both
      classes, and the difference is above four standard errors.
    - On flipped images less than 80 % of the accuracy above chance, or of the explained variation of a number, is left.
    - The probe is inconclusive: more than a quarter of the classes cannot be separated from another one by two standard
      errors, or no number is explained to 10 %.

    Args:
        samples: At most 1,000 of them are used.
        names: Names of the classes or numbers.

    Examples:
        >>> from sklearn.datasets import load_digits
        >>> digits = load_digits()
        >>> pixels = (digits.images * 15).astype(np.uint8)[..., None]
        >>> flip_keeps_target(FlipSamples(pixels, digits.target), tuple("0123456789"))[0]
        False
    """
    rows = np.sort(numpy_generator(0, "flips").permutation(len(samples.pixels))[:SAMPLE])
    is_class = samples.targets.ndim == 1
    if is_class:
        rows = rows[(np.bincount(samples.targets[rows]) >= _FOLDS)[samples.targets[rows]]]
    some = samples.chosen(rows)
    if len(rows) < 2 * _FOLDS or not np.ptp(some.targets, axis=0).any():
        return False, "images are not flipped: too few to measure if a flip changes their target"
    if not is_class:
        return _keeps_numbers(*_predict(some, some.targets.astype(np.float64)), some.targets, names)
    classes, codes = np.unique(some.targets, return_inverse=True)
    plain, flipped = _predict(some, np.eye(len(classes))[codes])
    return _keeps_classes(plain, flipped, codes, [names[index] for index in classes])


def _keeps_classes(plain: np.ndarray, flipped: np.ndarray, codes: np.ndarray, names: list[str]) -> tuple[bool, str]:
    shares = [float((scores.argmax(1) == codes).mean()) for scores in (plain, flipped)]
    measured = f"a linear model is correct on {shares[0]:.0%}, flipped on {shares[1]:.0%}"
    distances = list(_distances(plain, flipped, codes))
    for i, j, separation, bridged, difference in distances:
        if separation > _SEPARATE and bridged > _MIRRORED and difference > _SURE:
            return False, f"images are not flipped, because flipped {names[i]} looks like {names[j]}"
    chance = float(np.bincount(codes).max()) / len(codes)
    unknown = {i for i, _, separation, _, _ in distances if separation < _SEPARATE}
    if shares[0] <= chance or len(unknown) > _UNKNOWN * len(names):
        return False, f"images are not flipped: too little is known about a flip of them ({measured})"
    if shares[1] - chance < _KEPT * (shares[0] - chance):
        return False, f"images are not flipped, because a flip changes their class: {measured}"
    return True, f"images are flipped horizontally: {measured}"


def _distances(
    plain: np.ndarray, flipped: np.ndarray, codes: np.ndarray
) -> Iterator[tuple[int, int, float, float, float]]:
    """Yields two classes, their distance in standard errors, the share of it that flips bridge, in standard errors.

    Each class is compared with the five others that its images and their flips resemble most.
    """
    rows = [np.flatnonzero(codes == code) for code in range(plain.shape[1])]
    near = [np.stack([scores[own].mean(0) for own in rows]) for scores in (plain, flipped)]
    for i, own in enumerate(rows):
        likely = {int(j) for scores in near for j in np.argsort(-scores[i])[: _NEIGHBORS + 1]} - {i}
        for j in sorted(likely):
            other = rows[j]
            a, b = (plain[part, i] - plain[part, j] for part in (own, other))
            moved_a = a - (flipped[own, i] - flipped[own, j])
            moved_b = (flipped[other, i] - flipped[other, j]) - b
            gap = float(a.mean() - b.mean())
            separation = gap / _error(a, b)
            bridged = float(min(moved_a.mean(), moved_b.mean())) / max(gap, 1e-9)
            yield i, j, separation, bridged, float(moved_a.mean() + moved_b.mean()) / _error(moved_a, moved_b)


def _error(first: np.ndarray, second: np.ndarray) -> float:
    """Returns the standard error of the difference between two means."""
    return float(np.sqrt(first.var() / len(first) + second.var() / len(second))) + 1e-9


def _keeps_numbers(
    plain: np.ndarray, flipped: np.ndarray, values: np.ndarray, names: tuple[str, ...]
) -> tuple[bool, str]:
    total = ((values - values.mean(0)) ** 2).sum(0)
    known = total > 0
    explained, left = (1 - ((scores - values) ** 2).sum(0)[known] / total[known] for scores in (plain, flipped))
    named = [name for name, varies in zip(names, known, strict=True) if varies]
    for name, before, after in zip(named, explained, left, strict=True):
        if before > _LEAST_EXPLAINED and after < _KEPT * before:
            share = f"{before:.0%} of its variation is explained, flipped {max(0.0, after):.0%}"
            return False, f"images are not flipped, because a flip changes {name}: {share}"
    if explained.max() <= _LEAST_EXPLAINED:
        return False, "images are not flipped: too little is known about a flip of them"
    best = int(explained.argmax())
    share = f"{explained[best]:.0%} of the variation of {named[best]} is explained, flipped {left[best]:.0%}"
    return True, f"images are flipped horizontally: {share}"


def _predict(samples: FlipSamples, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns cross-validated predictions (n, k) of the images and of their flips, with the best of some penalties."""
    small = downsample(samples.pixels, np.arange(len(samples.pixels)))
    pairs = [(small, small[:, :, ::-1]), *([] if samples.features is None else [samples.features])]
    scaled = [_scaled(plain, flipped) for plain, flipped in pairs]
    x, turned = (np.concatenate([pair[side] for pair in scaled], 1) for side in (0, 1))
    fold = np.empty(len(targets), int)
    order = np.argsort(targets.argmax(1), kind="stable") if targets.shape[1] > 1 else np.arange(len(targets))
    fold[order] = np.arange(len(targets)) % _FOLDS  # every class in every fold
    with one_thread():
        rows = torch.from_numpy(x)
        products = [(part @ rows.T).double() for part in (rows, torch.from_numpy(turned))]
        found = [_cross_validate(products, torch.from_numpy(targets), fold, penalty) for penalty in _PENALTIES]
    return min(found, key=lambda pair: float(((pair[0] - targets) ** 2).sum()))


def _scaled(plain: np.ndarray, flipped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns features with mean 0 over the originals, and a mean square of 1 over each row."""
    first, second = (part.reshape(len(part), -1).astype(np.float32) for part in (plain, flipped))
    center, scale = first.mean(0), (first.std(0) + 1e-3 * first.std() + 1e-6) * np.sqrt(first.shape[1])
    return (first - center) / scale, (second - center) / scale


def _cross_validate(
    products: list[torch.Tensor], targets: torch.Tensor, fold: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    plain, flipped = torch.zeros_like(targets), torch.zeros_like(targets)
    for number in range(_FOLDS):
        fit, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        mean = targets[fit].mean(0)
        square = products[0][fit][:, fit] + penalty * torch.eye(len(fit), dtype=torch.float64)
        weights = torch.linalg.solve(square, targets[fit] - mean)
        for out, product in zip((plain, flipped), products, strict=True):
            out[held] = product[held][:, fit] @ weights + mean
    return plain.numpy(), flipped.numpy()
