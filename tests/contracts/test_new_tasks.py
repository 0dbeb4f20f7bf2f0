"""A new use is one file: toy tasks train, resume to the bit, save, load and predict without any change outside."""

import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import opsin
from opsin import tasks

HERE = Path(__file__).parent
EMBEDDING = runpy.run_path(str(HERE / "toy_embedding.py"))["ToyEmbedding"]
VOLUMES = runpy.run_path(str(HERE / "toy_volumes.py"))["ToyVolumes"]
KILLED = """
import os, runpy, signal, sys
import torch, opsin
from opsin import tasks
here, test, folder, kind = sys.argv[1:]
tests = runpy.run_path(test)
torch.set_num_threads(1)

def stop(stage, done, total, note=""):
    if stage == "train" and done > 0.5:
        os.kill(os.getpid(), signal.SIGINT)

try:
    tests["run"](kind, folder, progress=stop)
except opsin.training.Interrupted:
    print("interrupted")
"""


def data_of(kind):
    """Bright squares or cubes at one of three places, and their place."""
    random = np.random.default_rng(0)
    targets = np.arange(60) % 3
    if kind == "toy-volumes":
        arrays = random.normal(0, 1, (60, 10, 12, 14, 1)).astype(np.float32)
        for array, target in zip(arrays, targets, strict=True):
            array[3 * target : 3 * target + 4] += 4
    else:
        arrays = random.integers(0, 60, (60, 16, 16, 1), np.uint8)
        for array, target in zip(arrays, targets, strict=True):
            array[5 * target : 5 * target + 5] += 120
    return arrays, np.array(["a", "b", "c"])[targets]


def run(kind, folder, **more):
    """Trains a toy task for four epochs."""
    return opsin.train(data_of(kind), task=kind, model="resnet_tiny", epochs=4, device="cpu", out=folder, **more)


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Makes the toy tasks known while this file is tested."""
    known = dict(tasks.registry._TASKS)
    tasks.register(EMBEDDING), tasks.register(VOLUMES)
    yield
    tasks.registry._TASKS.clear()
    tasks.registry._TASKS.update(known)


@pytest.fixture(scope="module", params=["toy-embedding", "toy-volumes"])
def trained(request, tmp_path_factory):
    """A finished run of each toy task."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield request.param, run(request.param, tmp_path_factory.mktemp("toys") / request.param)
    torch.set_num_threads(threads)


def test_it_learns_and_its_run_is_complete(trained):
    kind, done = trained
    assert done.task == kind and done.report.exists() and (done.folder / "predictions.parquet").exists()
    score = "same_closer" if kind == "toy-embedding" else "accuracy"
    assert done.scores[score].value > done.baseline[score].value + 0.2 or done.scores[score].value > 0.9


def test_what_was_saved_predicts_the_same(trained):
    kind, done = trained
    arrays, _ = data_of(kind)
    model = opsin.load(done.model, "cpu")
    assert model.task.name == kind and len(model.preprocessing.size) == arrays.ndim - 1
    records = model.predict(list(arrays[:5]))
    assert records == model.predict(arrays[:5]) and len(records) == 5
    again = opsin.load(done.model, "cpu").predict(arrays[0])
    assert again == records[:1]
    if kind == "toy-embedding":
        assert [sum(value**2 for value in record.values()) for record in records] == pytest.approx([1] * 5, rel=1e-4)
    else:
        assert {record["label"] for record in records} <= {"a", "b", "c"}


def test_scores_of_an_evaluation_are_those_of_the_predictions(trained):
    kind, done = trained
    found = opsin.evaluate(done.model, data_of(kind), device="cpu")
    assert set(found.scores) == set(done.scores) and len(found.predictions.ids) == 60


def test_weights_of_the_loss_are_trained_and_kept(trained):
    kind, done = trained
    kept = {name: value for name, value in load_file(done.folder / "last.safetensors").items() if "loss:" in name}
    assert set(kept) == ({"loss:centres"} if kind == "toy-embedding" else set())
    if kept:
        first = EMBEDDING(("a", "b", "c")).loss_parameters(0)["centres"]
        assert kept["loss:centres"].shape == first.shape and not torch.equal(kept["loss:centres"], first)


def test_interrupted_and_resumed_it_ends_with_the_same_bits(trained, tmp_path):
    kind, done = trained
    folder = tmp_path / "run"
    program = KILLED.replace("runpy.run_path(test)", 'runpy.run_path(test); tests["register"]()')
    command = [sys.executable, "-c", program, str(HERE), __file__, str(folder), kind]
    path = os.pathsep.join(sys.path)
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=300)
    assert ended.stdout.strip().endswith("interrupted"), ended.stderr
    assert signal.SIGINT and not (folder / "report.html").exists()
    resumed = opsin.api.resume(folder, data=data_of(kind))
    one, other = load_file(done.model), load_file(resumed.model)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert resumed.scores == done.scores


def register():
    """Registers the toy tasks in another process."""
    tasks.register(EMBEDDING), tasks.register(VOLUMES)
