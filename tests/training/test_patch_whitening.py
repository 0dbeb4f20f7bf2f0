"""The outputs of a whitened stem are uncorrelated and of equal variance."""

import numpy as np
import pytest
import torch

from opsin import nn, zoo
from opsin.data import ImagePreprocessing
from opsin.training import init_whitening_stem, patch_whitening


def smooth_images(count, side, channels):
    """Returns uint8 images and their preprocessing."""
    noise = torch.randn(count, channels, side + 4, side + 4, generator=torch.Generator().manual_seed(0))
    levels = torch.nn.functional.avg_pool2d(noise, 5, 1) * 5 * 40 + 128
    pixels = levels.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()
    return pixels, ImagePreprocessing(side, side, channels, (128 / 255,) * channels, (40 / 255,) * channels)


@pytest.mark.parametrize("channels", [1, 3])
def test_answers_are_white(channels):
    network = zoo.create("resnet_small", (16, 16, channels), 2, seed=0)
    pixels, preprocessing = smooth_images(200, 16, channels)
    assert init_whitening_stem(network, preprocessing, pixels, np.arange(200))
    images = preprocessing.normalize(torch.from_numpy(pixels))
    stem = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    out = torch.nn.functional.conv2d(images, stem.weight).permute(1, 0, 2, 3).reshape(stem.out_channels, -1)
    half = stem.out_channels // 2
    torch.testing.assert_close(out[:half], -out[half:])
    second_moment = (out[:half] @ out[:half].T / out.shape[1]).detach()
    np.testing.assert_allclose(second_moment - second_moment.diag().diag(), 0, atol=0.02)
    assert (second_moment.diag() <= 1.01).all() and second_moment.diag()[0] > 0.9
    assert not stem.weight.requires_grad and (stem.bias is None or (stem.bias == 0).all())


def test_constant_images_give_finite_kernels():
    network = zoo.create("resnet_small", (16, 16, 3), 2, seed=0)
    _, preprocessing = smooth_images(1, 16, 3)
    assert init_whitening_stem(network, preprocessing, np.full((4, 16, 16, 3), 128, np.uint8), np.arange(4))
    assert all(bool(weight.isfinite().all()) for weight in network.parameters())


def test_networks_without_such_a_stem_are_left_alone():
    plain = zoo.create("simple", (16, 16, 3), 2, seed=0)
    narrow = nn.Sequential([nn.Conv2D(5, 2, name="stem"), nn.Flatten(), nn.Dense(2)], input_shape=(8, 8, 3), seed=0)
    for network, side in ((plain, 16), (narrow, 8)):
        before = {name: value.clone() for name, value in network.state_dict().items()}
        pixels, preprocessing = smooth_images(4, side, 3)
        assert not init_whitening_stem(network, preprocessing, pixels, np.arange(4))
        assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
        assert all(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("count", [9, 19, 200])
def test_no_more_pixels_are_copied_than_are_needed(monkeypatch, count):
    seen, normalize = [], ImagePreprocessing.normalize
    monkeypatch.setattr(patch_whitening, "MAX_PIXELS", 10 * 16 * 16)
    monkeypatch.setattr(
        ImagePreprocessing, "normalize", lambda self, pixels: seen.append(len(pixels)) or normalize(self, pixels)
    )
    pixels, preprocessing = smooth_images(count, 16, 3)
    assert init_whitening_stem(
        zoo.create("resnet_small", (16, 16, 3), 2, seed=0), preprocessing, pixels, np.arange(count)
    )
    assert min(count, 5) <= seen[0] <= 10
