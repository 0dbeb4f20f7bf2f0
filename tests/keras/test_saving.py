"""Saving and loading of weights, and errors that name the file and the reason."""

import re

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import ModelFileError, OpsinError


def test_weights_go_through_files_of_keras(oracle, twins, describe, tmp_path):
    theirs, mine = twins(describe)
    theirs.save_weights(tmp_path / "t.weights.h5")
    other = ours.Sequential(describe(ours.layers))
    other.load_weights(tmp_path / "t.weights.h5")
    for a, b in zip(other.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    ours.Sequential(describe(ours.layers)).save_weights(tmp_path / "m.weights.h5")
    theirs.load_weights(tmp_path / "m.weights.h5")
    with pytest.raises(OpsinError, match=r"ends in .keras"):
        mine.save(tmp_path / "m.h5")
    with pytest.raises(OpsinError, match="overwrite=True or another name"):
        mine.save_weights(tmp_path / "m.weights.h5", overwrite=False)
    with pytest.raises(ModelFileError, match=r"Reading .* failed"):
        mine.load_weights(tmp_path / "none.weights.h5")


def test_weights_of_a_whole_model_can_be_taken_from_its_file(oracle, twins, describe, tmp_path):
    theirs, mine = twins(describe)
    theirs.save(tmp_path / "t.keras")
    mine.save(tmp_path / "m.keras")
    for keras, path in ((ours, "t.keras"), (oracle, "m.keras")):
        other = keras.Sequential(describe(keras.layers))
        other.load_weights(tmp_path / path)
        for a, b in zip(other.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["m.weights.h5", "m.keras"])
def test_a_file_of_other_layers_is_named_and_changes_nothing(describe, tmp_path, name):
    other = ours.Sequential(describe(ours.layers, units=5))
    getattr(other, "save" if name.endswith(".keras") else "save_weights")(tmp_path / name)
    model = ours.Sequential(describe(ours.layers))
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=rf"^{re.escape(str(tmp_path / name))} has") as caught:
        model.load_weights(tmp_path / name)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(before[2], model.get_weights()[2])


def test_a_file_that_is_something_else_is_named(describe, tmp_path):
    path = tmp_path / "m.weights.h5"
    path.write_bytes(b"not a file of weights")
    with pytest.raises(ModelFileError, match=rf"^{re.escape(str(path))} has weights that are not an HDF5 file"):
        ours.Sequential(describe(ours.layers)).load_weights(path)
