"""What the tests of the verbs share: tiny pictures on disk and one finished run."""

import numpy as np
import pytest
import torch
from PIL import Image

from opsin import api

COLOURS = {"blue": (40, 60, 200), "green": (40, 190, 60), "red": (210, 50, 40)}


def picture(colour, seed):
    """A disc of a colour, somewhere on a noisy ground, 14x14."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(90, 140, (14, 14, 3))
    y, x = np.mgrid[:14, :14]
    top, left = generator.integers(5, 9, 2)
    pixels[(y - top) ** 2 + (x - left) ** 2 < 20] = COLOURS[colour]
    return Image.fromarray(pixels.astype(np.uint8))


@pytest.fixture(autouse=True)
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
    folder = tmp_path_factory.mktemp("runs") / "one"
    torch.set_num_threads(1)
    done = api.train(colours, model="simple", epochs=6, out=folder, device="cpu", class_weights=True, say=lines.append)
    return done, lines
