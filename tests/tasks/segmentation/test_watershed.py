"""Touching objects come apart."""

import numpy as np
import pytest
from skimage.metrics import adapted_rand_error

from opsin.tasks.segmentation.losses import outlines
from opsin.tasks.segmentation.watershed import separate_objects


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
    found = separate_objects(*chances(codes))
    assert found.dtype == np.int32 and set(np.unique(found)) == {0, 1, 2, 3, 4}
    assert ((found > 0) == (codes > 0)).all()
    assert adapted_rand_error(codes, found)[0] < 0.02


@pytest.mark.parametrize("times", [0.5, 1, 3])
def test_a_neck_takes_discs_of_any_size_apart_that_no_outline_does(times):
    places = [(round(y * times), round(x * times)) for y, x in ((20, 20), (20, 36), (55, 30), (56, 60))]
    codes = discs(round(80 * times), 9 * times, places)
    inside, outline = chances(codes)
    found = separate_objects(inside, outline * 0)
    assert found.max() == 4 and adapted_rand_error(codes, found)[0] < 0.05


@pytest.mark.parametrize("times", [0.5, 1, 3])
def test_what_is_long_but_has_no_neck_is_one(times):
    side = round(80 * times)
    down, across = np.mgrid[:side, :side]
    ellipse = ((down - side / 2) / (0.15 * side)) ** 2 + ((across - side / 2) / (0.4 * side)) ** 2 <= 1
    bar = np.zeros((side, side), bool)
    bar[side // 4 : side // 3, side // 9 : -side // 9] = True
    for object in (ellipse, bar):
        assert separate_objects(*chances(object.astype(np.int32))).max() == 1


def test_objects_too_small_for_a_core_stay_and_are_left_out_when_asked():
    codes = np.zeros((20, 20), np.int32)
    codes[5:7, 5:7], codes[10:18, 10:18] = 1, 2
    assert separate_objects(*chances(codes)).max() == 2
    large = separate_objects(*chances(codes), least_area=5)
    assert large.max() == 1 and large[6, 6] == 0 and large[14, 14] == 1


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_nothing_and_everything(chance):
    found = separate_objects(np.full((9, 12), chance), np.zeros((9, 12)))
    assert found.shape == (9, 12) and (found == int(chance)).all()
