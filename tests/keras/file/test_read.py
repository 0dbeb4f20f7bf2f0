import builtins
import json
import os
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import ModelFileError, OpsinError
from opsin.keras.file.read import read_keras
from opsin.nn import Stage

pytest.importorskip("h5py", reason="h5py, the extra `keras`, is not installed")
FIXTURES = Path(__file__).parent / "fixtures"


def predictions(network):
    shape = (2, *network.input_shape)
    x = torch.sin(torch.arange(float(np.prod(shape)))).reshape(shape).movedim(-1, 1)
    with torch.no_grad():
        return network(x).numpy()


def test_what_keras_made_answers_as_keras_did(made_by_keras):
    network, _ = read_keras(made_by_keras)
    expected = json.loads((FIXTURES / "predictions.json").read_text(encoding="utf-8"))[network.name]
    assert made_by_keras.stat().st_size < 20_000
    assert not network.training
    np.testing.assert_allclose(predictions(network), expected, atol=1e-5)


def test_names_stages_frozen_weights_and_what_was_compiled_are_kept():
    network, compiled = read_keras(FIXTURES / "image_model.keras")
    assert isinstance(network.layers[-1], Stage) and network.layers[-1].name == "head"
    assert network.final_activation == "softmax"
    assert not network.conv2d.weight.requires_grad and network.batch_normalization.weight.requires_grad
    assert compiled["loss"] == "categorical_crossentropy" and compiled["optimizer"]["class_name"] == "SGD"
    assert read_keras(FIXTURES / "signal_model.keras")[1] is None


@pytest.mark.parametrize("name", ["image_model", "signal_model"])
def test_a_file_cut_short_anywhere_is_refused(name, tmp_path, fails):
    content = (FIXTURES / f"{name}.keras").read_bytes()
    for length in {*range(0, len(content), 97), *range(40), *range(len(content) - 120, len(content))}:
        (tmp_path / "cut.keras").write_bytes(content[:length])
        fails(tmp_path / "cut.keras", "truncated|not a zip|cannot be read")


@settings(max_examples=100, deadline=2000)
@given(data=st.data())
def test_flipped_bytes_are_refused_or_change_nothing(data, tmp_path_factory):
    name = data.draw(st.sampled_from(["image_model", "signal_model"]))
    content = bytearray((FIXTURES / f"{name}.keras").read_bytes())
    places = st.integers(0, len(content) - 1) | st.integers(len(content) - 300, len(content) - 1) | st.integers(0, 100)
    for place, value in data.draw(st.dictionaries(places, st.integers(1, 255), min_size=1, max_size=3)).items():
        content[place] ^= value
    path = tmp_path_factory.getbasetemp() / "flipped.keras"
    path.write_bytes(content)
    try:
        found, _ = read_keras(path)
    except ModelFileError as error:
        assert "\n" not in str(error)
        return
    whole, _ = read_keras(FIXTURES / f"{name}.keras")
    assert found.layers == whole.layers
    assert all(torch.equal(value, whole.state_dict()[key]) for key, value in found.state_dict().items())


def test_other_files_are_refused_with_what_to_do(tmp_path, fails):
    fails(tmp_path / "none.keras", "does not exist. Expected a `.keras` file")
    fails(tmp_path, "is not a file")
    (tmp_path / "old.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    fails(tmp_path / "old.h5", r"legacy HDF5 .* load it in Keras with keras.models.load_model and save it as")
    (tmp_path / "a.keras").write_bytes(b"")
    fails(tmp_path / "a.keras", "0 bytes, not a zip")


@pytest.mark.parametrize("version", ["4.0.0", None, 3, "x", ["3"]])
def test_files_of_another_keras_are_refused(changed, fails, version):
    fails(changed(metadata=lambda data: data | {"keras_version": version}), "Expected Keras 3")


def test_a_description_larger_than_its_weights_takes_no_memory(changed, fails):
    def large(data):
        data["config"]["layers"][-1]["config"]["layers"][-1]["config"]["units"] = 2**28

    path = changed(config=large)
    tracemalloc.start()
    fails(path, r"has [\d,]+ bytes of weights for 7,\d+,\d+,\d+ values")
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


def test_layers_that_do_not_fit_together_are_refused(changed, fails):
    def wide(data):
        data["config"]["layers"][1]["config"].update(kernel_size=[9, 9], padding="valid")

    fails(changed(config=wide), "cannot be built: Conv2D 'conv2d' got an input of .* Expected at least 9x9")


@pytest.mark.parametrize("compiled", [3, "adam", [1]])
def test_a_compile_config_must_be_an_object(changed, fails, compiled):
    fails(changed(config=lambda data: data | {"compile_config": compiled}), "compile_config that is not a JSON object")


def test_without_h5py_the_error_says_how_to_install_it(monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "h5py":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(OpsinError, match=r"pip install '\.\[keras\]'"):
        read_keras(FIXTURES / "image_model.keras")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["relu", "keras", "Dense", "x" * 3000, "", "\ud800", "a.b/c\n"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["class_name", "config", "a"]), inner),
    max_leaves=5,
)  # fmt: skip


@settings(max_examples=120, deadline=2000)
@given(data=st.data())
def test_any_change_of_the_description_is_refused_or_harmless(data, tmp_path_factory):
    with zipfile.ZipFile(FIXTURES / "image_model.keras") as members:
        found = {name: members.read(name) for name in members.namelist()}
    config = json.loads(found["config.json"])
    item, key = config, "config"
    for _ in range(data.draw(st.integers(0, 8))):
        below = item[key]
        if not isinstance(below, dict | list) or not below:
            break
        item, key = below, data.draw(st.sampled_from(sorted(below) if isinstance(below, dict) else range(len(below))))
    item[key] = data.draw(VALUES)
    path = tmp_path_factory.getbasetemp() / "changed.keras"
    with zipfile.ZipFile(path, "w") as members:
        for name, content in (found | {"config.json": json.dumps(config).encode()}).items():
            members.writestr(name, content)
    try:
        network, _ = read_keras(path)
    except ModelFileError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
        return
    assert predictions(network).shape == (2, *network.output_shape)


def test_a_reader_without_rights_says_so(tmp_path, fails):
    path = tmp_path / "locked.keras"
    path.write_bytes((FIXTURES / "image_model.keras").read_bytes())
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    fails(path, "check its rights")


def test_the_checksum_of_the_weights_is_compared(tmp_path, fails):
    content = bytearray((FIXTURES / "signal_model.keras").read_bytes())
    *_, dense = read_keras(FIXTURES / "signal_model.keras")[0].children()
    kernel = dense.weight.detach().numpy().T
    place = content.index(struct.pack("<2f", *kernel[0]))
    content[place] ^= 1
    (tmp_path / "a.keras").write_bytes(content)
    fails(tmp_path / "a.keras", "Bad CRC-32 for file 'model.weights.h5'")
