"""A network by its name or from a file of layers."""

import json

import pytest

from opsin import zoo
from opsin.api.networks import make_network
from opsin.core import NetworkError
from opsin.tasks import Classify

TASK = Classify(("a", "b"))
SHAPE = (12, 12, 3)


def test_by_name_it_is_the_zoos():
    assert make_network("simple", SHAPE, TASK, 1).to_json() == zoo.create("simple", SHAPE, 2, "softmax").to_json()


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
