"""Shared by all tests: a cache of their own, small data sets, small models, one finished run."""

import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from opsin import api
from opsin.data import ImagePreprocessing
from opsin.model import Model, Provenance
from opsin.nn import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Sequential
from opsin.tasks import Classify, Detect, Instances, Segment, Task


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """Decoded images go to a folder that vanishes, never to the cache of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPSIN_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


COLOURS = {"blue": (40, 60, 200), "green": (40, 190, 60), "red": (210, 50, 40)}


def picture(colour, seed):
    """A disc of a colour, somewhere on a noisy ground, 14x14."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(90, 140, (14, 14, 3))
    y, x = np.mgrid[:14, :14]
    top, left = generator.integers(5, 9, 2)
    pixels[(y - top) ** 2 + (x - left) ** 2 < 20] = COLOURS[colour]
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.fixture
def one_thread():
    """Sums in one order, so that weights can be compared bit for bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def draw():
    """Draws a picture of a colour."""
    return picture


@pytest.fixture(scope="session")
def make_folder():
    """Writes class folders: {colour: how many}."""

    def make(folder, counts, first=0):
        for colour, count in counts.items():
            (folder / colour).mkdir(parents=True, exist_ok=True)
            for number in range(first, first + count):
                picture(colour, 1000 * len(colour) + number).save(folder / colour / f"{number:03}.png")
        return folder

    return make


@pytest.fixture(scope="session")
def colours(make_folder, tmp_path_factory):
    """Three class folders, unevenly filled."""
    return make_folder(tmp_path_factory.mktemp("colours"), {"blue": 40, "green": 30, "red": 20})


@pytest.fixture(scope="session")
def run(colours, tmp_path_factory):
    """A finished run on them."""
    lines = []
    folder = tmp_path_factory.mktemp("runs") / "none"
    torch.set_num_threads(1)
    done = api.train(colours, model="simple", epochs=6, out=folder, device="cpu", class_weights=True, say=lines.append)
    return done, lines


def in_rows(boxes):
    rows = np.empty(len(boxes), object)
    for index, some in enumerate(boxes):
        rows[index] = some
    return rows


def make_scenes(seed, images, classes, most=8, ties=False, crowds=0.1, copies=3):
    """Answers (k, 6) and targets (g, 7) of some images; some have no boxes, some have no answers.

    With `ties` many scores are equal.
    """
    random = np.random.default_rng(seed)
    answers, targets = [], []
    for _ in range(images):
        count = random.integers(0, most + 1)
        corner = random.uniform(0, 300, (count, 2))
        size = np.exp(random.uniform(np.log(8), np.log(180), (count, 2)))
        area = size.prod(1) * random.uniform(0.6, 1, count)
        kind, crowd = random.integers(0, classes, count), random.random(count) < crowds
        target = np.column_stack([corner, corner + size, kind, crowd, area]).astype(np.float32)
        targets.append(target)
        found = random.integers(0, copies * most + 1) if count else 0
        near = target[random.integers(0, max(1, count), found)]
        noise = random.normal(0, 0.12, (found, 4)) * random.random((found, 1))
        boxes = near[:, :4] + noise * np.tile(near[:, 2:4] - near[:, :2], 2)
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        kind = np.where(random.random(found) < 0.8, near[:, 4], random.integers(0, classes, found))
        score = random.random(found)
        score = np.round(score * 4) / 4 if ties else score
        answer = np.column_stack([boxes, kind, score]).astype(np.float32)
        answers.append(answer[np.argsort(-answer[:, 5], kind="stable")])
    return in_rows(answers), in_rows(targets)


@pytest.fixture
def scenes():
    """Makes scenes, the same for the same arguments."""
    return make_scenes


@pytest.fixture
def rows():
    """Makes an array of arrays."""
    return in_rows


PROGRAM = Path(__file__).with_name("training") / "small_run.py"
Make = Callable[..., Model]
_REACH = 4.0


def _make(tta: str = "none", size: tuple[int, int, int] = (8, 8, 3), seed: int = 0) -> Model:
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
    preprocessing = ImagePreprocessing(*size, mean=(0.4, 0.5, 0.6)[:channels], std=(0.2, 0.25, 0.3)[:channels])
    return Model(network, Classify(("cat", "dog", "eel"), temperature=1.5), preprocessing, tta, Provenance(seed=seed))


@pytest.fixture
def make_model() -> Make:
    """Makes small models: tta, size and seed are free."""
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


def _make_placed(name: str, side: int = 32, image_size: tuple | None = None) -> Model:
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
    return Model(
        network, task, ImagePreprocessing(side, side, 1, (0.0,), (1.0,)), "none", Provenance(image_size=image_size)
    )


@pytest.fixture
def make_placed() -> Make:
    """Makes models that find white spots of 4x4 pixels: by task, side and size of training images."""
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


@pytest.fixture(scope="session")
def make_job():
    """Makes the tiny job of `small_run.py` in a folder."""
    return runpy.run_path(str(PROGRAM))["make_job"]


@pytest.fixture(scope="session")
def program():
    """The path of the program that runs the tiny job."""
    return PROGRAM
