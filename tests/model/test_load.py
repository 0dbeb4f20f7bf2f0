import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from opsin import zoo
from opsin.core import ModelFileError, OpsinError
from opsin.data import ImagePreprocessing
from opsin.model import Model, load
from opsin.model.file import open_model_file, write_model_file
from opsin.nn import Dense, Flatten, Sequential, ZeroPadding2D
from opsin.tasks import Classify, MultiLabel, Regress

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def saved(model: Model, tmp_path: Path) -> Path:
    model.save(tmp_path / "good.safetensors")
    return tmp_path / "good.safetensors"


def changed(path: Path, change: Change) -> Path:
    """A copy of a model file whose description is changed and whose weights are not."""
    with open_model_file(path) as file:
        header = json.loads(json.dumps(file.header))
        weights = {name: file._tensors.get_tensor(name).clone() for name in file._tensors.keys()}  # noqa: SIM118
    change(header)
    copy = path.with_name("changed.safetensors")
    write_model_file(copy, weights, {key: value for key, value in header.items() if key not in ("format", "parts")})
    return copy


def fails(path: Path, words: str) -> None:
    with pytest.raises(ModelFileError, match=words) as caught:
        load(path, "cpu")
    line = str(caught.value)
    assert "\n" not in line and len(line) < 700
    assert line.startswith(str(path)) and line.count(str(path)) == 1


@pytest.mark.parametrize("tta", ["none", "hflip", "hflip_shift"])
def test_what_was_saved_answers_the_same(make_model, tta: str, tmp_path: Path):
    model = make_model(tta)
    model.save(tmp_path / "m.safetensors")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    found = load(tmp_path / "m.safetensors", "cpu")
    (tmp_path / "m.safetensors").write_bytes(b"the file is not needed any more")
    np.testing.assert_array_equal(found.predict_batch(pixels), model.predict_batch(pixels))
    assert (found.task, found.preprocessing, found.tta, found.provenance) == (
        model.task,
        model.preprocessing,
        tta,
        model.provenance,
    )
    assert found.network.layers == model.network.layers and found.network.name == model.network.name
    assert found.fingerprint == model.fingerprint
    assert not any(module.training for module in found.network.modules())


@pytest.mark.parametrize("name", ["simple", "resnet_small", "resnet50"])
def test_architectures_come_back_whole(name: str, tmp_path: Path):
    network = zoo.create(name, (32, 32, 3), 2, activation="softmax", seed=0)
    model = Model(network, MultiLabel(("a", "b")), ImagePreprocessing(32, 32, 3, (0.5,) * 3, (0.2,) * 3))
    model.save(tmp_path / "m.safetensors")
    found = load(tmp_path / "m.safetensors", torch.device("cpu")).network
    for (key, value), (found_key, found_value) in zip(
        network.state_dict().items(), found.state_dict().items(), strict=True
    ):
        assert key == found_key and torch.equal(value, found_value) and value.stride() == found_value.stride()
    assert {name for name, _ in (*found.named_buffers(), *found.named_parameters())} == set(found.state_dict())
    assert all(weight.requires_grad for weight in found.parameters())


def test_loading_draws_no_random_number(saved: Path):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    load(saved, "cpu")
    assert torch.equal(torch.get_rng_state(), before)


def test_an_unknown_device_says_so(saved: Path):
    with pytest.raises(OpsinError, match="is not available on this machine"):
        load(saved, "abacus")


def first_layer(header: dict[str, Any]) -> dict[str, Any]:
    return header["layers"]["layers"][0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h: h.update(layers=None), "damaged|Sequential"),
        (lambda h: h.update(layers={"type": "Sequential"}), "Sequential"),
        (lambda h: h["layers"].update(type="Functional"), "Sequential"),
        (lambda h: h["layers"].update(layers=7), "damaged"),
        (lambda h: h["layers"].update(layers=[{"type": "os.system", "name": "x"}]), "type"),
        (lambda h: h["layers"].update(layers=[{}]), "type"),
        (lambda h: h["layers"].update(input_shape=[8, 8]), "has preprocessing of size"),
        (lambda h: h["layers"].update(input_shape="888"), "has preprocessing of size"),
        (lambda h: first_layer(h).update(filters=2**27), "bytes of weights"),
        (lambda h: first_layer(h).update(filters=10**300), "filters"),
        (lambda h: first_layer(h).update(kernel_size=[2**30, 2**30], padding="same"), "bytes of weights"),
        (lambda h: first_layer(h).update(filters=-1), "filters"),
        (lambda h: first_layer(h).update(filters="6"), "filters"),
        (lambda h: first_layer(h).update(code="import os"), "unknown code"),
        (lambda h: first_layer(h).update(name="../../etc/passwd"), "Expected a string"),
        (lambda h: first_layer(h).update(name="_modules"), "reserved name"),
        (lambda h: first_layer(h).update(name="forward"), "reserved name"),
        (lambda h: first_layer(h).update(name="x" * 10**6), "Expected a string"),
        (lambda h: first_layer(h).update(use_bias=True), "weights"),
        (lambda h: first_layer(h).update(filters=5), "xpected"),
        (lambda h: h["layers"]["layers"].extend([{"type": "Flatten", "name": None}] * 5000), "at most 4,096"),
        (lambda h: h["preprocessing"].update(height=10**9), "has preprocessing of size"),
        (lambda h: h["preprocessing"].update(height=None), "preprocessing"),
        (lambda h: h["preprocessing"].update(mean=[0.1]), "mean"),
        (lambda h: h["preprocessing"].update(std=[0, 0, 0]), "std"),
        (lambda h: h.update(preprocessing=[1]), "preprocessing|damaged"),
        (lambda h: h["task"].update(task="steal"), "unknown"),
        (lambda h: h["task"].update(names=["a", "b"]), "network has the input"),
        (lambda h: h["task"].update(names=["a", "b", 3]), "no text|Expected a tuple of text"),
        (lambda h: h["task"].update(names=[["a"], ["b"], ["c"]]), "damaged|Expected a tuple of text"),
        (lambda h: h["task"].update(names=["a", "b", "c\ud800"]), "surrogates"),
        (lambda h: h["task"].update(temperature=0), "temperature"),
        (lambda h: h["task"].update(temperature="hot"), "task|damaged"),
        (lambda h: h.update(task=None), "task|damaged"),
        (lambda h: h.update(tta="all"), "tta"),
        (lambda h: h.update(tta=["none"]), "tta"),
        (lambda h: h.update(provenance=[]), "provenance"),
    ],
)
def test_a_wrong_description_is_one_clear_line(change: Change, words: str, saved: Path):
    fails(changed(saved, change), words)


def nested(depth: int) -> dict[str, Any]:
    layer: dict[str, Any] = {"type": "Flatten", "name": "flatten"}
    for _ in range(depth):
        layer = {"type": "Stage", "name": "stage", "layers": [layer]}
    return layer


@pytest.mark.parametrize("depth", [40, 150])
def test_layers_in_layers_in_layers(depth: int, saved: Path):
    fails(changed(saved, lambda h: h["layers"]["layers"].append(nested(depth))), "deep|damaged")


def test_a_description_of_gigabytes_takes_no_memory(saved: Path):
    def huge(header: dict[str, Any]) -> None:
        first_layer(header).update(filters=2**28, groups=1, kernel_initializer="dirac")

    path = changed(saved, huge)
    tracemalloc.start()
    fails(path, "bytes of weights")
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_maps_of_gigabytes_are_refused(tmp_path: Path):
    with torch.device("meta"):
        network = Sequential([ZeroPadding2D(30_000), Flatten()], input_shape=(4, 4, 1), seed=0)
    header = {
        "layers": network.to_json(),
        "task": Regress(("n",), (0.0,), (1.0,)).to_json(),
        "preprocessing": ImagePreprocessing(4, 4, 1, (0.5,), (0.5,)).to_json(),
        "tta": "none",
        "provenance": {},
    }
    write_model_file(tmp_path / "m", {}, header)
    fails(tmp_path / "m", "outputs. Expected at most")


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_warn(bad: float, make_model, tmp_path: Path):
    model = make_model()
    model.network.state_dict()["dense.weight"][1, 2] = bad
    model.save(tmp_path / "m.safetensors")
    with pytest.warns(UserWarning, match=r"m.safetensors: weights of 'dense.weight' are not finite"):
        load(tmp_path / "m.safetensors", "cpu")


def test_every_task_comes_back(tmp_path: Path):
    for task in (
        Classify(("a", "b"), 2.0),
        MultiLabel(("a", "b"), 0.5),
        Regress(("x", "y"), (1.0, 2.0), (3.0, 4.0)),
    ):
        network = Sequential([Flatten(), Dense(2, activation=task.activation)], input_shape=(2, 2, 1), seed=0)
        Model(network, task, ImagePreprocessing(2, 2, 1, (0.5,), (0.2,))).save(tmp_path / "m.safetensors")
        assert load(tmp_path / "m.safetensors", "cpu").task == task
