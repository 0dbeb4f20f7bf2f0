"""Two files that Keras made, and changed copies of them."""

import io
import json
import zipfile
from pathlib import Path

import pytest

from opsin.core import ModelFileError
from opsin.keras.file.read import read_keras

FIXTURES = Path(__file__).parent / "fixtures"


def members_of(path):
    with zipfile.ZipFile(path) as members:
        return {name: members.read(name) for name in members.namelist()}


def write_members(path, contents, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as members:
        for name, content in contents.items():
            members.writestr(name, content)
    return path


@pytest.fixture(params=["image_model", "signal_model"])
def made_by_keras(request):
    return FIXTURES / f"{request.param}.keras"


@pytest.fixture
def changed(tmp_path):
    """A function: a copy of the image model with its config (as JSON) or its weights (an open h5py file) changed."""

    def change(config=None, weights=None, metadata=None, **contents):
        found = members_of(FIXTURES / "image_model.keras")
        for name, function in (("config.json", config), ("metadata.json", metadata)):
            if function is not None:
                data = json.loads(found[name])
                found[name] = json.dumps(function(data) or data).encode()
        if weights is not None:
            h5py = pytest.importorskip("h5py")
            held = io.BytesIO(found["model.weights.h5"])
            with h5py.File(held, "r+") as file:
                weights(file)
            found["model.weights.h5"] = held.getvalue()
        return write_members(tmp_path / "changed.keras", found | contents)

    return change


@pytest.fixture
def fails():
    """A function: the file is refused in one line that says these words and names the file once."""

    def check(path, words):
        with pytest.raises(ModelFileError, match=words) as caught:
            read_keras(path)
        line = str(caught.value)
        assert "\n" not in line and len(line) < 900
        assert line.startswith(str(path)) and line.count(str(path)) == 1

    return check
