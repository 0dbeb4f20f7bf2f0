"""Another camera changes how a scene looks, within bounds, and never where anything is."""

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve

from opsin.data import Augmentation, Photometric
from opsin.data.loading.augmentation import blurred
from opsin.data.loading.joint import move


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(count=40, side=16, channels=3):
    return torch.from_numpy(np.random.default_rng(0).integers(80, 140, (count, side, side, channels), np.uint8))


def test_gamma_bends_what_lies_between_the_darkest_and_the_brightest():
    ramp = torch.arange(20, 120, dtype=torch.uint8).reshape(1, 10, 10, 1).repeat(60, 1, 1, 1)
    out = Photometric(gamma=0.5)(ramp, generator()).int().flatten(1)
    assert (out[:, 0] == 20).all() and (out[:, -1] == 119).all() and (out.diff(dim=1) >= 0).all()
    powers = torch.log((out[:, 50] - 20) / 99) / np.log(50 / 99)
    assert np.exp(-0.55) < powers.min() < 0.75 and 1.35 < powers.max() < np.exp(0.55)


def test_contrast_scales_about_the_mean_and_brightness_moves_it():
    images = noise()
    spread, mean = images.float().std((1, 2, 3)), images.float().mean((1, 2, 3))
    out = Photometric(contrast=0.4)(images, generator()).float()
    ratio = out.std((1, 2, 3)) / spread
    assert np.exp(-0.41) < ratio.min() < 0.8 and 1.2 < ratio.max() < np.exp(0.41)
    assert (out.mean((1, 2, 3)) - mean).abs().max() < 0.5
    ratio = Photometric(brightness=0.3)(images, generator()).float().mean((1, 2, 3)) / mean
    assert 0.69 < ratio.min() < 0.8 and 1.2 < ratio.max() < 1.31


def test_blur_is_the_binomial_kernel_and_may_sharpen():
    images = noise(60, 16, 2)
    row = np.array([1, 2, 1]) / 4
    wanted = [
        [convolve(c, np.outer(row, row), mode="nearest") for c in image.permute(2, 0, 1).double().numpy()]
        for image in images
    ]
    assert np.allclose(blurred(images.permute(0, 3, 1, 2).float()), np.array(wanted), atol=1e-4)
    ratio = Photometric(blur=0.8)(images, generator()).float().std((1, 2, 3)) / images.float().std((1, 2, 3))
    assert ratio.min() < 0.6 and 1.3 < ratio.max() < 1.8


def test_glow_only_adds_light_that_changes_slowly_and_mostly_little():
    dark = torch.full((80, 64, 64, 3), 10, dtype=torch.uint8)
    out = Photometric(illumination=100)(dark, generator()).int()
    assert torch.equal(out[..., 0], out[..., 2]) and out.min() >= 10 and 60 < out.max() <= 110
    steps = max(out.diff(dim=1).abs().max(), out.diff(dim=2).abs().max())
    assert steps < 100 * 2 * 4 / 64
    added = (out - 10).float()
    assert added.amax((1, 2, 3)).median() < 25 and added.std((1, 2, 3)).max() > 10


def test_noise_has_at_most_its_deviation_and_is_one_for_all_channels():
    out = Photometric(noise=4.0)(noise(), generator()).int() - noise().int()
    assert torch.equal(out[..., 0], out[..., 1]) and torch.equal(out[..., 0], out[..., 2])
    deviations = out[..., 0].float().std((1, 2))
    assert deviations.min() < 1 and 3 < deviations.max() < 4.6 and out.float().mean().abs() < 0.2


@pytest.mark.parametrize("name", ["gamma", "contrast", "brightness", "blur", "illumination", "noise"])
def test_one_seed_gives_one_picture_the_input_and_the_masks_stay(name):
    images, masks = noise(4), torch.arange(4 * 256, dtype=torch.int32).reshape(4, 16, 16)
    kept, change = (
        images.clone(),
        Augmentation(photometric=Photometric(**{name: 20.0 if name == "illumination" else 0.5})),
    )
    first, seen = move(change, images, masks, "mask", generator(5))
    assert torch.equal(first, move(change, images, masks, "mask", generator(5))[0])
    assert torch.equal(first, change(images, generator(5)))
    assert torch.equal(images, kept) and torch.equal(seen, masks) and not torch.equal(first, images)
    assert Photometric()(images, generator()) is images
