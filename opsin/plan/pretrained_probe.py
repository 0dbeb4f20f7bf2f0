"""Whether weights learned on ImageNet are the better start, found out on the training images before any step."""

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
"""Learned weights know things that are larger than small images; these are enlarged."""
SAMPLE, LEAST = 1000, 20
"""Images that are looked at, and how few tell nothing."""
KEPT_ERRORS = 0.6
"""Learned features must leave at most this share of the errors that pixels leave."""


def probe_pretrained(taught: Dataset, task: Task, otherwise: str, seed: int, progress: Progress) -> tuple[bool, str]:
    """Whether to start from learned weights where nobody said, and why; no reason where it is no question.

    It is one for colour images of classes. A nearest class mean over what the learned network sees of up to 1,000
    training images is held against one over their pixels. Where it makes at most 60 % of the errors, these images
    are enough like ImageNet's photographs. Measured (errors with features, with pixels): CIFAR-10 0.34 and 0.74; grey
    images are never asked: Fashion-MNIST 0.23 and 0.33, PneumoniaMNIST 0.12 and 0.17 (docs/decisions/0007).
    """
    target, pixels = taught.table.target, taught.store.pixels
    if not target.kind.is_class or task.head != "vector" or pixels.shape[-1] != 3:
        return False, ""
    targets = taught.table.targets()
    chosen = np.sort(numpy_generator(seed, "promise").permutation(len(targets))[:SAMPLE])
    chosen = chosen[(np.bincount(targets[chosen]) > 1)[targets[chosen]]]
    classes, codes = np.unique(targets[chosen], return_inverse=True)
    if len(chosen) < LEAST or len(classes) < 2:
        return False, ""
    height, width = at_least((pixels.shape[1], pixels.shape[2]), PRETRAINED_MIN_SIDE)
    raw = ImagePreprocessing(height, width, 3, (0.0,) * 3, (1.0,) * 3)  # the weights bring a scale of their own
    start = pretrained_network(None, otherwise, raw, task, seed, progress)
    if not distributed.from_rank0(float(start.pretrained)):
        return False, f"starts from {start.weights}"
    rows = taught.store_rows[chosen]
    enlarged = data.letterbox_images(list(pixels[rows]), (height, width, 3))
    features = Model(start.network, task, start.preprocessing).features(enlarged)
    features = (features - features.mean(0)) / (features.std(0) + 1e-3)
    seen = balanced_accuracy(nearest_centroid_correct(features, codes)[0], codes)
    plain = balanced_accuracy(nearest_centroid_correct(downsample(pixels, rows), codes)[0], codes)
    better = bool(distributed.from_rank0(float(1 - seen < KEPT_ERRORS * (1 - plain))))
    measured = f"from what ImageNet's weights see a nearest class mean tells {seen:.0%}, from pixels {plain:.0%}"
    return better, f"{'learned' if better else 'random'} weights: {measured}"
