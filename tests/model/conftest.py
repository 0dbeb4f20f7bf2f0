from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from opsin.data import Preparation
from opsin.model import Model
from opsin.nn import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Sequential
from opsin.tasks import Classify

Make = Callable[..., Model]


def _make(views: str = "one", size: tuple[int, int, int] = (8, 8, 3), seed: int = 0) -> Model:
    layers = [
        Conv2D(6, 3, use_bias=False), BatchNormalization(), Activation("relu"), GlobalAveragePooling2D(),
        Dense(3, activation="softmax"),
    ]  # fmt: skip
    network = Sequential(layers, input_shape=size, seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for value in network.state_dict().values():
        if value.is_floating_point():
            value.add_(torch.rand(value.shape, generator=generator))
    channels = size[2]
    preparation = Preparation(*size, mean=(0.4, 0.5, 0.6)[:channels], std=(0.2, 0.25, 0.3)[:channels])
    return Model(network, Classify(("cat", "dog", "eel"), temperature=1.5), preparation, views, {"seed": seed})


@pytest.fixture
def make_model() -> Make:
    """Makes small models: views, size and seed are free."""
    return _make


@pytest.fixture
def model() -> Model:
    return _make()


@pytest.fixture
def images(tmp_path: Path) -> list[Path]:
    """Thirteen pictures of many kinds and sizes, three of them broken or missing."""
    random = np.random.default_rng(0)
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(10):
        pixels = random.integers(0, 256, (6 + number, 12, 3), np.uint8)
        mode, ending = [("RGB", "png"), ("L", "jpg"), ("RGB", "jpg"), ("P", "gif"), ("RGBA", "webp")][number % 5]
        Image.fromarray(pixels).convert(mode).save(folder / f"{number}.{ending}")
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:60])
    (folder / 'empty, "quoted".jpg').touch()
    return sorted([*folder.iterdir(), folder / "missing.png"])
