import json
from xml.etree import ElementTree

import pytest

from opsin import nn, zoo


def test_a_zoo_network_is_what_the_layers_say(opsin):
    ended = opsin("summary", "simple", "--input-size", 32, "--channels", 1, "--classes", 7)
    network = zoo.create("simple", (32, 32, 1), 7, seed=0)
    assert ended.stdout == nn.summarize(network).text() + "\n"
    assert f"{sum(weight.numel() for weight in network.parameters()):,}" in ended.stdout


def test_a_model_file_shows_its_own_network(opsin, model_file):
    ended = opsin("summary", model_file, "--json")
    summed = json.loads(ended.stdout)
    network = zoo.create("simple", (24, 24, 3), 4, seed=0)
    assert summed["input_shape"] == [24, 24, 3]
    assert summed["trainable"] == sum(weight.numel() for weight in network.parameters())
    assert [row["path"] for row in summed["layers"]] == [row.path for row in nn.summarize(network).rows]


def test_details_add_the_receptive_field(opsin):
    assert "Receptive" not in opsin("summary", "simple").stdout
    assert "Receptive" in opsin("summary", "simple", "--details").stdout


def test_the_flow_is_a_picture(opsin, tmp_path):
    assert opsin("summary", "simple", "--flow", "new/flow.svg").exit_code == 0
    assert ElementTree.parse(tmp_path / "new" / "flow.svg").getroot().tag.endswith("svg")


def test_a_file_says_its_own_sizes(opsin, model_file):
    assert opsin("summary", model_file, "--classes", 3).exit_code == 2


@pytest.mark.parametrize("name", ["resnet17", "gone.safetensors"])
def test_what_is_not_there_is_one_line(fails, name):
    assert name in fails("summary", name)
