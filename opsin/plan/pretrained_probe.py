"""Choice between pretrained and random weights by a probe on the training images, before the first step."""

import numpy as np

from opsin.training import distributed

from .downsample import downsample
from .probe_samples import ProbeSamples
from .ridge_probe import leave_one_out, unexplained_share

LEAST = 20
"""Fewest samples of the probe."""
KEPT_ERROR = 0.7
"""Largest error with pretrained features, as a share of that with pixels, for which they are chosen."""


def probe_features(samples: ProbeSamples) -> tuple[bool, str]:
    """Returns True and a reason where pretrained weights suit the samples better than random ones.

    Compares two linear models by leave-one-out ridge regression, on pretrained features and on pixels. Pretrained
    weights are chosen where features leave at most 70 % of the error: of the wrong classes, or for numbers and labels
    of the unexplained variation (docs/decisions/0007).

    Args:
        samples: Images, or crops of objects and of the background.

    Returns:
        The choice and its reason; (False, "") for fewer than 20 samples, or targets that are all equal.
    """
    targets, features = samples.targets, samples.features
    if len(targets) < LEAST or not np.ptp(targets, axis=0).any():
        return False, ""
    pixels = downsample(samples.pixels, np.arange(len(targets)))
    if targets.ndim == 1:
        classes, codes = np.unique(targets, return_inverse=True)
        wanted = np.eye(len(classes))[codes]
        seen, plain = (float((leave_one_out(x, wanted).argmax(1) != codes).mean()) for x in (features, pixels))
        measure = "errors of a linear model"
    else:
        seen, plain = unexplained_share(features, targets), unexplained_share(pixels, targets)
        measure = "of the variation not explained by a linear model"
    better = bool(distributed.from_rank0(float(seen < KEPT_ERROR * plain and seen < 1)))
    weights = "pretrained" if better else "random"
    return better, f"{weights} weights: {seen:.0%} {measure} of {samples.kind} with features, {plain:.0%} with pixels"
