from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from opsin.data import Preparation
from opsin.model import Model
from opsin.nn import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Sequential
from opsin.tasks import Classify, Detect, Instances, Segment, Task

Make = Callable[..., Model]
_REACH = 4.0


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


SPOT = 4
_PLACED: dict[str, Task] = {
    "detect": Detect(("spot",)),
    "segment": Segment(("background", "spot")),
    "instances": Instances(("spot",)),
}


def _make_placed(name: str, side: int = 32, about: dict | None = None) -> Model:
    """Finds what is white in black: a network whose weights are set by hand, and that looks no farther than a spot."""
    task = _PLACED[name]
    step = SPOT if name == "detect" else 1
    network = Sequential([Conv2D(task.units, step, strides=step)], input_shape=(side, side, 1), seed=0)
    kernel, bias = network.state_dict().values()
    kernel.zero_(), bias.zero_()
    found = 0 if name == "detect" else 1
    kernel[found] = 32 / step**2
    bias[found] = -24 if name == "detect" else -16
    if name == "detect":
        bias[1:] = float(np.log(SPOT / 2 / (_REACH * SPOT)))
    if name == "instances":
        bias[2] = -16
    return Model(network, task, Preparation(side, side, 1, (0.0,), (1.0,)), "one", about or {})


@pytest.fixture
def make_placed() -> Make:
    """Makes models that find white spots of 4x4 pixels: the task's name, the network's side and `about`."""
    return _make_placed


def _spots(height: int, width: int, seed: int = 0, count: int = 30) -> np.ndarray:
    random, picture = np.random.default_rng(seed), np.zeros((height, width, 1), np.uint8)
    for _ in range(count):
        top, left = (SPOT * int(random.integers(0, side // SPOT)) for side in (height, width))
        around = picture[max(0, top - SPOT) : top + 2 * SPOT, max(0, left - SPOT) : left + 2 * SPOT]
        if not around.any():
            picture[top : top + SPOT, left : left + SPOT] = 255
    return picture


@pytest.fixture
def spots() -> Callable[..., np.ndarray]:
    """Draws black pictures with white spots on a grid of 4 pixels, none beside another: height, width, seed."""
    return _spots
