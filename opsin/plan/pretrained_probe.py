"""Chooses between pretrained and random weights by a probe on the training images, before the first step."""

import numpy as np

from opsin import data
from opsin.core import Progress, numpy_generator
from opsin.data import ImagePreprocessing
from opsin.data.dataset import Dataset
from opsin.model import Model
from opsin.tasks import Task
from opsin.training import distributed

from .inputs import at_least
from .nearest_mean import balanced_accuracy, downsample, nearest_centroid_correct
from .networks import pretrained_network

PRETRAINED_MIN_SIDE = 96
"""Least side in pixels for pretrained weights; smaller images are upscaled, as ImageNet's are larger."""
SAMPLE, LEAST = 1000, 20
"""Most and fewest images of the probe."""
KEPT_ERRORS = 0.6
"""Largest error rate with pretrained features, as a share of that with pixels, for which they are chosen."""


def probe_pretrained(dataset: Dataset, task: Task, alternative: str, seed: int, progress: Progress) -> tuple[bool, str]:
    """Returns True and a reason where pretrained weights suit the training images better than random ones.

    Compares nearest-centroid classifiers on up to 1,000 training images, with pretrained features and with pixels.
    Pretrained weights are chosen where features leave at most 60 % of the errors. Measured errors with features and
    with pixels: CIFAR-10 0.34 and 0.74. Grey images are not probed: Fashion-MNIST 0.23 and 0.33, PneumoniaMNIST 0.12
    and 0.17 (docs/decisions/0007).

    Args:
        dataset: Data set with a training split.
        task: Task of the run.
        alternative: Name of the network with random weights.
        seed: Seed of the sample.
        progress: Called while weights are downloaded.

    Returns:
        The choice and its reason; (False, "") for data that is not probed: other targets than classes, other images
        than color images, or fewer than 20 of them.
    """
    pixels = dataset.store.pixels
    is_colour = pixels.ndim == 4 and pixels.shape[-1] == 3
    if not task.target_kind.is_class or not task.output.is_vector or not is_colour:
        return False, ""
    targets = dataset.table.targets()
    chosen = np.sort(numpy_generator(seed, "promise").permutation(len(targets))[:SAMPLE])
    chosen = chosen[(np.bincount(targets[chosen]) > 1)[targets[chosen]]]
    classes, codes = np.unique(targets[chosen], return_inverse=True)
    if len(chosen) < LEAST or len(classes) < 2:
        return False, ""
    height, width = at_least((pixels.shape[1], pixels.shape[2]), PRETRAINED_MIN_SIDE)
    raw = ImagePreprocessing(height, width, 3, (0.0,) * 3, (1.0,) * 3)  # replaced by the mean and std of the weights
    start = pretrained_network(None, alternative, raw, task, seed, progress)
    if not distributed.from_rank0(float(start.pretrained)):
        return False, f"starts from {start.weights}"
    rows = dataset.store_rows[chosen]
    enlarged = data.letterbox_images(list(pixels[rows]), (height, width, 3))
    features = Model(start.network, task, start.preprocessing).features(enlarged)
    features = (features - features.mean(0)) / (features.std(0) + 1e-3)
    seen = balanced_accuracy(nearest_centroid_correct(features, codes)[0], codes)
    plain = balanced_accuracy(nearest_centroid_correct(downsample(pixels, rows), codes)[0], codes)
    better = bool(distributed.from_rank0(float(1 - seen < KEPT_ERRORS * (1 - plain))))
    scores = f"{seen:.0%} with features, {plain:.0%} with pixels"
    chosen_weights = "pretrained" if better else "random"
    return better, f"{chosen_weights} weights: balanced accuracy of a nearest-centroid classifier {scores}"
