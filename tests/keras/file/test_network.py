import json
import zipfile
from pathlib import Path

import pytest

from opsin.core import ModelFileError
from opsin.keras.file.network import MAX_LAYERS, convert_network
from opsin.nn import Conv2D, Dense, Flatten, Stage

FIXTURES = Path(__file__).parent / "fixtures"


def entry(kind, module="keras.layers", **config):
    return {"module": module, "class_name": kind, "config": config, "registered_name": None}


def model(*layers, start=(None, 8, 8, 3), **config):
    first = [entry("InputLayer", batch_shape=list(start), name="in")] if start else []
    return entry("Sequential", "keras", name="m", layers=[*first, *layers], **config)


DENSE = entry("Dense", name="d", units=2)


def refused(data, words):
    with pytest.raises(ModelFileError, match=words):
        convert_network(data)


def test_layers_shapes_and_names():
    found = convert_network(
        model(entry("Conv2D", name="c", filters=4, kernel_size=3), entry("Flatten", name="f"), DENSE)
    )
    assert (found.name, found.input_shape, found.frozen) == ("m", (8, 8, 3), ())
    assert found.layers == (Conv2D(4, 3, name="c"), Flatten(name="f"), Dense(2, name="d"))
    assert found.parameters == 112 + 290


def test_the_input_shape_is_found_where_keras_says_it():
    assert convert_network(model(DENSE, start=(32, 8))).input_shape == (8,)
    assert convert_network(model(DENSE, start=None, build_input_shape=[None, 5])).input_shape == (5,)
    older = model(DENSE, start=None)
    older["config"]["layers"].insert(0, entry("InputLayer", batch_input_shape=[None, 4], name="in"))
    assert convert_network(older).input_shape == (4,)
    refused(model(DENSE, start=None), "without an input shape. Fix: build the model with keras.Input")


@pytest.mark.parametrize("start", [[None], [None, None, None, 3], [None, 0], [None, 2.0], [None, "3"], [None, *[2] * 5],
                                   [None, 2**30], [None, True], 3])  # fmt: skip
def test_sizes_must_be_fixed_and_few(start):
    data = model(DENSE)
    data["config"]["layers"][0]["config"]["batch_shape"] = start
    refused(data, "Expected one fixed size, such as")


def test_a_sequential_in_a_sequential_is_a_stage():
    inner = entry(
        "Sequential", "keras", name="s", layers=[entry("InputLayer", batch_shape=[None, None, None, 3]), DENSE]
    )
    found = convert_network(model(inner, entry("Sequential", "keras", name="t", layers=[DENSE | {}])))
    assert found.layers == (Stage([Dense(2, name="d")], name="s"), Stage([Dense(2, name="d")], name="t"))
    inner["config"]["layers"][0]["config"]["batch_shape"] = [None, 8, 8, 4]
    refused(model(inner), "has Sequential 's' for inputs of")


def test_frozen_layers_are_found_by_their_paths():
    frozen = entry("Dense", name="d", units=2, trainable=False)
    inner = entry("Sequential", "keras", name="s", layers=[frozen])
    assert convert_network(model(inner, frozen)).frozen == ("s.d", "d")


@pytest.mark.parametrize(
    ("kind", "module"),
    [
        ("Functional", "keras"),
        ("Model", "keras"),
        (None, None),
        ("Sequential", "keras.src.models.sequential"),
        ("Sequential", None),
    ],
)
def test_other_models_are_refused(kind, module):
    refused(model(DENSE) | {"class_name": kind, "module": module}, "Expected keras.Sequential")


@pytest.mark.parametrize("module", ["keras.src.layers.core.dense", "keras", "keras.layers.x", "keras.utils", None])
def test_layers_from_elsewhere_are_refused(module):
    refused(model(DENSE | {"module": module}), "has Dense from .* which is not Keras. Expected 'keras.layers'")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (model(), "without layers"),
        (model({}), "without a config"),
        (model(3), "without a config"),
        (model(entry(3, name="a")), "without class or name"),
        (model(entry("Dense", units=3)), "without class or name"),
        (model(entry("Dense", units=3, name=["a"])), "without class or name"),
        (entry("Sequential", "keras", name="m", layers=3), "without a list of layers"),
        (entry("Sequential", "keras", name="m"), "without a list of layers"),
        ({"class_name": "Sequential", "module": "keras", "config": []}, "without a config"),
        (model(DENSE, dtype="int8"), "dtype policy 'int8'"),
        (model(entry("InputLayer", name="again", batch_shape=[None, 3])), "InputLayer"),
    ],
)
def test_damaged_descriptions_are_refused(data, words):
    refused(data, words)


def test_sparse_input_depth_number_and_size_are_bounded():
    sparse = model(DENSE)
    sparse["config"]["layers"][0]["config"]["sparse"] = True
    refused(sparse, "sparse or ragged")
    deep = DENSE
    for _ in range(20):
        deep = entry("Sequential", "keras", name="s", layers=[deep])
    refused(model(deep), "nested too deeply")
    refused(model(*[DENSE] * (MAX_LAYERS + 1)), "at most 4,096")
    refused(model(entry("ZeroPadding2D", name="z", padding=2**20)), "outputs. Expected at most")


def test_the_fixtures_are_described():
    with zipfile.ZipFile(FIXTURES / "image_model.keras") as members:
        found = convert_network(json.loads(members.read("config.json")))
    assert found.input_shape == (6, 5, 2) and found.frozen == ("conv2d",)
