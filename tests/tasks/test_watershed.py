"""Touching objects come apart."""

import numpy as np
import pytest
from skimage.metrics import adapted_rand_error

from opsin.tasks.mask_losses import outlines
from opsin.tasks.watershed import apart


def discs(size=80, radius=9, places=((20, 20), (20, 38), (55, 30), (56, 60))):
    """Numbered discs, the first two of which touch."""
    down, across = np.mgrid[:size, :size]
    codes = np.zeros((size, size), np.int32)
    for number, (y, x) in enumerate(places, 1):
        codes[(down - y) ** 2 + (across - x) ** 2 <= radius**2] = number
    return codes


def chances(codes):
    import torch

    inside = np.where(codes > 0, 0.95, 0.05)
    return inside, np.where(outlines(torch.from_numpy(codes)[None])[0].numpy(), 0.9, 0.02)


def test_discs_that_touch_are_two():
    codes = discs()
    found = apart(*chances(codes))
    assert found.dtype == np.int32 and set(np.unique(found)) == {0, 1, 2, 3, 4}
    assert ((found > 0) == (codes > 0)).all()
    assert adapted_rand_error(codes, found)[0] < 0.02


def test_without_outlines_what_touches_is_one():
    inside, outline = chances(discs())
    assert apart(inside, outline * 0).max() == 3


def test_objects_too_small_for_a_core_stay_and_are_left_out_when_asked():
    codes = np.zeros((20, 20), np.int32)
    codes[5:7, 5:7], codes[10:18, 10:18] = 1, 2
    assert apart(*chances(codes)).max() == 2
    large = apart(*chances(codes), least_area=5)
    assert large.max() == 1 and large[6, 6] == 0 and large[14, 14] == 1


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_nothing_and_everything(chance):
    found = apart(np.full((9, 12), chance), np.zeros((9, 12)))
    assert found.shape == (9, 12) and (found == int(chance)).all()
