"""Patches of volumes: the mask moves with the values, positions come from the seed, a third has foreground."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from opsin.data import Augmentation
from opsin.data.loading.patches import draw_patches
from opsin.geometry import IGNORED

SIZE = (12, 16, 8)


def drawn(seed=0, shape=(30, 26, 22), classes=3):
    """A smooth volume whose mask is its values, cut at levels; so that values tell the class."""
    random = np.random.default_rng(seed)
    values = ndimage.gaussian_filter(random.normal(size=shape), 3)
    values = (values - values.min()) / (values.max() - values.min()) * classes * 0.999
    return values.astype(np.float16)[..., None], values.astype(np.uint8)


def patches(volume, mask, augmentation, seed, count=6, size=SIZE):
    generator = torch.Generator().manual_seed(seed)
    return draw_patches([volume] * count, [mask] * count, size, augmentation, generator)


STRONG = Augmentation(hflip=True, rotate=40.0, scale=0.3)


@pytest.mark.parametrize("augmentation", [Augmentation(), STRONG])
def test_one_map_moves_values_and_classes(augmentation):
    volume, mask = drawn()
    values, classes = patches(volume, mask, augmentation, 3)
    known = classes != IGNORED
    expected = values[..., 0].float().clamp(0, 2.99).floor()
    same = (expected == classes.float())[known].float().mean()
    assert values.dtype == torch.float16 and classes.dtype == torch.uint8
    assert same > (0.999 if augmentation == Augmentation() else 0.93)


def test_without_augmentation_a_patch_is_cut_from_the_volume():
    volume, mask = drawn()
    values, classes = patches(volume, mask, Augmentation(), 5, 1)
    windows = np.lib.stride_tricks.sliding_window_view(volume[..., 0], SIZE)
    found = np.argwhere((np.abs(windows - values[0, ..., 0].numpy()) < 1e-3).all((3, 4, 5)))
    assert len(found) == 1
    where = tuple(slice(a, a + side) for a, side in zip(found[0], SIZE, strict=True))
    np.testing.assert_array_equal(mask[where], classes[0].numpy())


def test_the_seed_decides_and_nothing_else():
    volume, mask = drawn()
    one, other, third = (patches(volume, mask, STRONG, seed) for seed in (1, 1, 2))
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1]) and not torch.equal(one[0], third[0])


def test_a_third_of_the_patches_has_a_rare_structure_in_its_middle():
    volume, mask = drawn(shape=(60, 60, 60))
    mask = np.zeros_like(mask)
    mask[30:32, 40:42, 10:12] = 1
    _, classes = patches(volume, mask, Augmentation(), 0, 240, (8, 8, 8))
    share = (classes == 1).flatten(1).any(1).float().mean().item()
    assert 0.25 < share < 0.42


def test_around_a_small_volume_values_are_the_smallest_and_the_mask_is_ignored():
    volume, mask = drawn(shape=(6, 26, 22))
    values, classes = patches(volume + np.float16(5), mask, Augmentation(), 0, 1)
    outside = classes[0] == IGNORED
    assert outside.sum() == 6 * 16 * 8 and outside[:3].all() and outside[9:].all()
    assert values[0, ..., 0][outside].max() <= values[0, ..., 0][~outside].min() + 0.05


def test_windowed_volumes_keep_their_type():
    volume, mask = drawn()
    values, _ = patches((volume * 80).astype(np.uint8), mask, STRONG, 0)
    assert values.dtype == torch.uint8 and values.max() > 150
