"""Curves of invariance: an invariant network gives flat ones, and the picture moves as said."""

import numpy as np
import pytest
import torch

from opsin.data import ImagePreprocessing
from opsin.explain.hierarchy import probe_depths, strongest_patches
from opsin.explain.invariance import measure_invariance, transformed
from opsin.model import Model
from opsin.nn import Conv2D, Dense, Flatten, GlobalMaxPooling2D, Sequential
from opsin.tasks import Classify

PREPROCESSING = ImagePreprocessing(24, 24, 1, (0.5,), (0.25,))


def image():
    pixels = np.zeros((24, 24, 1), np.uint8)
    pixels[9:15, 9:15] = 255
    return pixels


def test_global_pooling_is_invariant_to_shifts_and_flatten_is_not():
    def curves(*head):
        net = Sequential([Conv2D(8, 3, activation="relu"), *head, Dense(2, activation="softmax")],
                         input_shape=(24, 24, 1), seed=0)  # fmt: skip
        return {
            curve.transform: curve
            for curve in measure_invariance(Model(net.eval(), Classify(("a", "b")), PREPROCESSING), image())
        }

    pooled, flat = curves(GlobalMaxPooling2D()), curves(Flatten())
    assert min(pooled["shift"].cosine) == pytest.approx(1) and np.ptp(pooled["shift"].score) < 1e-6
    assert min(flat["shift"].cosine) < 0.9 and np.ptp(flat["shift"].score) > 1e-3
    assert all(pooled["shift"].same) and len(pooled["rotation"].values) == len(pooled["rotation"].score)


def test_transforms_move_the_picture():
    pixels = image()
    assert np.array_equal(transformed(pixels, "shift", 3 / 24)[:, 12:18], pixels[:, 9:15])
    assert (
        np.array_equal(transformed(pixels, "rotation", 0), pixels)
        and transformed(pixels, "scale", 1.5).sum() > pixels.sum() * 2
    )
    assert np.abs(transformed(pixels, "rotation", 90).astype(int) - np.rot90(pixels).astype(int)).max() <= 1


def test_a_probe_reads_what_the_layer_knows_and_patches_show_it():
    random = np.random.default_rng(0)
    labels = np.arange(120) % 2
    arrays = random.integers(0, 60, (120, 24, 24, 1)).astype(np.uint8)
    for row, (top, left) in enumerate(random.integers(0, 18, (120, 2))):
        stripes = np.where(np.arange(6) % 2, 255, 0).astype(np.uint8)
        arrays[row, top : top + 6, left : left + 6, 0] = stripes[None] if labels[row] else stripes[:, None]
    net = Sequential([Conv2D(2, (1, 2), activation="relu"), GlobalMaxPooling2D(), Dense(2, activation="softmax")],
                     input_shape=(24, 24, 1), seed=0)  # fmt: skip
    with torch.no_grad():
        net.conv2d.weight.copy_(torch.tensor([1.0, -1.0]).view(1, 1, 1, 2).repeat(2, 1, 1, 1))
    model = Model(net.eval(), Classify(("a", "b")), PREPROCESSING)
    depths = {depth.path: depth.accuracy for depth in probe_depths(model, arrays, labels)}
    assert depths["conv2d"] > 0.8 > depths["input"]
    (first, *_) = strongest_patches(model, arrays, "conv2d", 1, 3)
    assert [patch.shape for patch in first.patches] == [(1, 2, 1)] * 3
    assert all(patch[0, 0, 0] == 255 and patch[0, 1, 0] < 60 for patch in first.patches)
