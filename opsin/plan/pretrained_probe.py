"""Choice between pretrained and random weights by a probe on the training images, before the first step."""

import numpy as np

from opsin.training import distributed

from .downsample import downsample
from .probe_samples import ProbeSamples
from .ridge_probe import leave_one_out, unexplained_share

LEAST = 20
"""Fewest samples of the probe."""
KEPT_ERROR, KEPT_ERROR_OF_FEW = 0.7, 0.95
"""Largest error with pretrained features, as a share of that with pixels, for which they are chosen."""
LEAST_EXPLAINED = 0.05
"""Least share of the variation of numbers that features explain; noise may explain less."""
SURE = 2.0
"""Standard errors of a difference."""
FEW_IMAGES = 5000
"""With fewer training images random weights learn little, and features need to be only slightly better than pixels."""


def probe_features(samples: ProbeSamples, few: bool) -> tuple[bool, str]:
    """Returns True and a reason where pretrained weights suit the samples better than random ones.

    Compares two linear models by leave-one-out ridge regression, on pretrained features and on pixels. Pretrained
    weights are chosen where features leave less than 70 % of the error: of the wrong classes, or for numbers and labels
    of the unexplained variation; with few images, not crops, 95 % suffice (docs/decisions/0007). Features that are
    no better than chance are not chosen.

    Args:
        samples: Images, or crops of objects and of the background.
        few: The data set has fewer than 5,000 training images.

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
        chance = 1 - float(np.bincount(codes).max()) / len(codes)
        error = (chance * (1 - chance) / len(codes)) ** 0.5
        known = chance - seen > SURE * error
        measure = "errors of a linear model"
    else:
        seen, plain = unexplained_share(features, targets), unexplained_share(pixels, targets)
        known, measure = 1 - seen > LEAST_EXPLAINED, "of the variation not explained by a linear model"
    kept = KEPT_ERROR_OF_FEW if few and not samples.of_objects else KEPT_ERROR
    better = bool(distributed.from_rank0(float(known and seen < kept * plain)))
    weights, kind = "pretrained" if better else "random", "crops" if samples.of_objects else "images"
    return better, f"{weights} weights: {seen:.0%} {measure} of {kind} with features, {plain:.0%} with pixels"
