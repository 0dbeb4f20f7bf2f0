import math

import pytest
import torch

from opsin import zoo
from opsin.core import NetworkError, OpsinError
from opsin.keras.file.read import read_keras
from opsin.keras.file.write import write_keras
from opsin.nn import Conv2D, Dense, Flatten, Residual, Sequential

pytest.importorskip("h5py", reason="h5py, the extra `keras`, is not installed")


def network(seed=0):
    return Sequential([Conv2D(3, 3), Flatten(), Dense(2, "softmax")], input_shape=(5, 5, 1), seed=seed, name="mine")


@pytest.mark.parametrize("compiled", [None, {"optimizer": "adam", "loss": "mse", "metrics": ["accuracy"]}])
def test_what_is_written_is_read_the_same(compiled, tmp_path):
    write_keras(tmp_path / "a.keras", network(), compiled)
    found, again = read_keras(tmp_path / "a.keras")
    assert (found.layers, found.input_shape, found.name, again) == (network().layers, (5, 5, 1), "mine", compiled)
    assert all(torch.equal(value, found.state_dict()[name]) for name, value in network().state_dict().items())


def test_equal_networks_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_keras(tmp_path / f"{name}.keras", network())
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()


@pytest.mark.parametrize("name", ["simple", "lenet"])
def test_chains_of_the_zoo_can_be_written(name, tmp_path):
    made = zoo.create(name, (32, 32, 3), 4, activation="softmax", seed=0).eval()
    write_keras(tmp_path / "a.keras", made)
    x = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(read_keras(tmp_path / "a.keras")[0](x), made(x), rtol=0, atol=0)


def test_what_fails_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "a.keras"
    write_keras(path, network())
    before = path.read_bytes()
    for layers in ([Residual([Flatten(), Dense(1)], [Flatten(), Dense(1)])], [Dense(2, "sparsemax")]):
        with pytest.raises(NetworkError):
            write_keras(path, Sequential(layers, input_shape=(5,), seed=0))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.keras"]


@pytest.mark.parametrize(
    "compiled",
    [{"loss": math.nan}, {"loss": object()}, {"loss": {1, 2}},
     {"loss": {"module": "__main__", "class_name": "Mine", "config": {}, "registered_name": "Mine"}},
     {"loss": {"module": "builtins", "class_name": "function", "config": "mine", "registered_name": "function"}}],
)  # fmt: skip
def test_only_plain_json_of_keras_s_own_is_written(compiled, tmp_path):
    with pytest.raises(NetworkError, match=r"compile_config of mine .*Expected a config of Keras"):
        write_keras(tmp_path / "a.keras", network(), compiled)
    assert not list(tmp_path.iterdir())


def test_names_and_folders_are_checked(tmp_path):
    with pytest.raises(NetworkError, match=r"Expected one that ends with `.keras`"):
        write_keras(tmp_path / "a.h5", network())
    (tmp_path / "file").write_text("")
    with pytest.raises(OpsinError, match="could not write"):
        write_keras(tmp_path / "file" / "a.keras", network())
