"""`explain` measures a model that was trained here, and writes a page that runs it without any request."""

import base64
import hashlib
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

import opsin


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on stripes, and its folder of images."""
    folder, random = tmp_path_factory.mktemp("explain"), np.random.default_rng(0)
    for name in ("down & <b>", "across"):
        (folder / "data" / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(0, 90, (24, 24, 3), np.uint8)
            stripes = pixels[:, ::3] if name != "across" else pixels[::3]
            stripes += 150
            Image.fromarray(pixels).save(folder / "data" / name / f"{number}.png")
    run = opsin.train(
        folder / "data", epochs=3, out=folder / "run", model="resnet_tiny", pretrained=False, device="cpu"
    )
    return run, folder


def test_a_trained_model_is_local_shared_and_described(trained):
    run, folder = trained
    model = opsin.load(run.model, "cpu")
    found = model.explain(folder / "data" / "across" / "0.png", data=folder / "data", out=folder / "inside.html")
    assert found.largest_change_outside == 0 == found.largest_shift_difference
    assert found.page == folder / "inside.html" and found.page.stat().st_size < 2_000_000
    assert {depth.path for depth in found.hierarchy} >= {"input", "stem"} and found.patches
    assert found.dense_parameters > 10 * found.parameters
    assert json.loads(json.dumps(found.to_json()))["prediction"]["label"] in ("across", "down & <b>")


def test_the_page_asks_for_nothing_and_escapes_names(trained):
    run, folder = trained
    opsin.load(run.model, "cpu").explain(folder / "data" / "across" / "0.png", out=folder / "page.html")
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?(https?:|//)|@import|url\(""", page)
    assert "down & <b>" not in page
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    for tag in ("script", "style"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_the_network_runs_in_a_browser(trained, tmp_path):
    run, folder = trained
    opsin.load(run.model, "cpu").explain(folder / "data" / "across" / "0.png", out=tmp_path / "page.html")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
               f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=20000", "--dump-dom",
               (tmp_path / "page.html").as_uri()]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
    assert 'data-ready="yes"' in shown and re.search(r"\d+\.\d %", shown)


def test_numbers_are_explained_and_arrays_taken(tmp_path):
    random = np.random.default_rng(0)
    images, values = random.integers(0, 256, (60, 20, 20, 1), np.uint8), random.normal(size=60)
    run = opsin.train((images, values), epochs=1, out=tmp_path / "run", model="simple", device="cpu")
    found = opsin.load(run.model, "cpu").explain(images[0], out=tmp_path / "page.html")
    assert found.invariance and not found.invariance[0].same and not found.hierarchy
