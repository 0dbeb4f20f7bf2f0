"""Choice between pretrained and random weights by a probe on the training images, before the first step."""

import numpy as np

from opsin.data.dataset import Dataset
from opsin.tasks import Task
from opsin.training import distributed

from .downsample import downsample
from .ridge_probe import leave_one_out, unexplained_share

SAMPLE, LEAST = 1000, 20
"""Most and fewest samples of the probe."""
KEPT_ERROR = 0.7
"""Largest error with pretrained features, as a share of that with pixels, for which they are chosen."""


def probe_features(features: np.ndarray, pixels: np.ndarray, targets: np.ndarray, kind: str) -> tuple[bool, str]:
    """Returns True and a reason where pretrained weights suit the images better than random ones.

    Compares two linear models by leave-one-out ridge regression, on pretrained features and on pixels. Pretrained
    weights are chosen where features leave at most 70 % of the error: of the wrong classes, or for numbers and labels
    of the unexplained variation (docs/decisions/0007).

    Args:
        features: Pretrained features of at most 1,000 images or parts of images, float (n, features).
        pixels: The same in few pixels, float (n, height, width, channels).
        targets: Classes, int (n,), or numbers, float (n, k).
        kind: Name of the samples for the reason, such as "images".

    Returns:
        The choice and its reason; (False, "") for fewer than 20 samples, or targets that are all equal.
    """
    if len(targets) < LEAST or not np.ptp(targets, axis=0).any():
        return False, ""
    if targets.ndim == 1:
        classes, codes = np.unique(targets, return_inverse=True)
        wanted = np.eye(len(classes))[codes]
        seen, plain = (float((leave_one_out(x, wanted).argmax(1) != codes).mean()) for x in (features, pixels))
        measure = "of a linear model's errors"
    else:
        seen, plain = unexplained_share(features, targets), unexplained_share(pixels, targets)
        measure = "of the variation unexplained by a linear model"
    better = bool(distributed.from_rank0(float(seen < KEPT_ERROR * plain and seen < 1)))
    weights = "pretrained" if better else "random"
    return better, f"{weights} weights: {seen:.0%} {measure} on {kind} with features, {plain:.0%} with pixels"


def probe_images(dataset: Dataset, task: Task, rows: np.ndarray, features: np.ndarray) -> tuple[bool, str]:
    """Probes a data set with targets of whole images.

    Args:
        dataset: Data set with a training split.
        task: Task of the run.
        rows: Positions within the training split of the images with features, int64 (n,).
        features: Their pretrained features, float32 (n, features).
    """
    chosen = np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).round().astype(int)
    targets = dataset.targets("train")[rows[chosen]]
    encoded = targets if task.target_kind.is_class else task.encode(targets).astype(np.float64)
    small = downsample(dataset.store.pixels, dataset.rows("train")[rows[chosen]])
    return probe_features(features[chosen], small, encoded, "images")
