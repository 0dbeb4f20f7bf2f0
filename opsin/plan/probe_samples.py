"""Training images, or crops of their objects, with pretrained features: the samples of the probes."""

import time
from dataclasses import dataclass

import numpy as np

from opsin.core import numpy_generator
from opsin.data.dataset import Dataset
from opsin.model import Model

from .flip_probe import FlipSamples
from .linear_model import LinearFit, features_of
from .object_crops import BACKGROUND, boxes_from_masks, crop_objects

MOST_IMAGES = 1000
"""Most images of the probes."""
MASK_SAMPLE = 500
"""Most images whose objects are cut out."""
LEAST = 20
"""Fewest crops."""
TIME_SHARE = 0.05
"""Share of the remaining time for the features of crops, and for those of flipped samples."""


@dataclass(frozen=True, eq=False)
class ProbeSamples:
    """Samples of the training split with features.

    Attributes:
        pixels: Images or crops, uint8 (n, height, width, channels).
        targets: Classes, int64 (n,), -1 for crops of the background; or numbers, float (n, k).
        features: Pretrained features, float32 (n, d).
        encoder: Network of the features.
        of_objects: The samples are crops of objects and of the background.
    """

    pixels: np.ndarray
    targets: np.ndarray
    features: np.ndarray
    encoder: Model
    of_objects: bool

    def flips(self, seconds: float | None) -> FlipSamples:
        """Returns images, or crops of objects, with the features of their horizontal flips.

        Args:
            seconds: Remaining time of the run, a share of which limits the number of samples; None for no limit.
        """
        rows = np.arange(len(self.pixels))
        rows = rows[self.targets[rows] != BACKGROUND] if self.targets.ndim == 1 else rows
        deadline = None if seconds is None else time.monotonic() + TIME_SHARE * seconds
        turned = np.ascontiguousarray(self.pixels[rows][:, :, ::-1])
        flipped = features_of(self.encoder, turned, np.arange(len(rows)), deadline=deadline)
        rows = rows[: len(flipped)]
        return FlipSamples(self.pixels[rows], self.targets[rows], (self.features[rows], flipped))


def samples_of_images(source: Dataset, fit: LinearFit) -> ProbeSamples:
    """Returns at most 1,000 training images, with the features that a linear model was fitted to.

    Args:
        source: Data set with targets of whole images.
        fit: The linear model.
    """
    rows = fit.rows[:MOST_IMAGES]
    targets = source.targets("train")[rows]
    if not source.table.target.kind.is_class:
        targets = fit.model.task.encode(targets).astype(np.float64)
    pixels = source.store.pixels[source.rows("train")[rows]]
    return ProbeSamples(pixels, targets, fit.features[:MOST_IMAGES], fit.model, False)


def samples_of_objects(source: Dataset, encoder: Model, seconds: float | None) -> ProbeSamples | None:
    """Returns crops of training objects and of the background; None where there are fewer than 20.

    Args:
        source: Data set with boxes or masks.
        encoder: Pretrained network for crops.
        seconds: Remaining time of the run, a share of which limits the number of crops; None for no limit.
    """
    pixels, classes = _crops(source)
    if len(pixels) < LEAST:
        return None
    order = numpy_generator(0, "crops").permutation(len(pixels))
    deadline = None if seconds is None else time.monotonic() + TIME_SHARE * seconds
    features = features_of(encoder, pixels, order, deadline=deadline)
    rows = order[: len(features)]
    return ProbeSamples(pixels[rows], classes[rows], features, encoder, True)


def samples_without_features(source: Dataset) -> FlipSamples:
    """Returns training images, or crops of objects, without features.

    Args:
        source: Data set of images.
    """
    if source.table.target.kind.is_spatial:
        pixels, classes = _crops(source)
        return FlipSamples(pixels[classes != BACKGROUND], classes[classes != BACKGROUND])
    subset = source.sampled("train", MOST_IMAGES)
    targets = subset.targets("train")
    is_class = source.table.target.kind.is_class
    return FlipSamples(source.store.pixels[subset.store_rows], targets if is_class else targets.astype(np.float64))


def _crops(source: Dataset) -> tuple[np.ndarray, np.ndarray]:
    subset = source.sampled("train", MASK_SAMPLE)
    targets = subset.targets("train")
    boxes = list(targets) if subset.masks is None else boxes_from_masks(targets)
    return crop_objects(source.store.pixels, subset.store_rows, boxes)
