import pytest

from opsin.core import ModelFileError
from opsin.keras.file.activations import ACTIVATIONS, UNSUPPORTED, activation_name
from opsin.nn.layers.activations import FUNCTIONS


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - set(UNSUPPORTED)))
def test_names_stay(name):
    assert activation_name("Dense 'a'", name) == name
    keras = pytest.importorskip("keras", reason="keras, the oracle, is not installed")
    assert keras.activations.get(name) is not None


def test_none_is_linear_and_layers_can_be_activations():
    assert activation_name("a", None) == "linear"
    assert activation_name("a", {"class_name": "ReLU", "config": {"max_value": 6.0}}) == "relu6"


@pytest.mark.parametrize(
    "value", ["threshold", "mine", "", 3, [], {}, {"class_name": "PReLU", "config": {}}, *UNSUPPORTED]
)
def test_others_are_refused_with_those_there_are(value):
    with pytest.raises(ModelFileError, match=r"has Dense 'a' with the activation .*Expected one of celu, elu, .*tanh"):
        activation_name("Dense 'a'", value)


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("ReLU", {}, "relu"),
        ("ReLU", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}, "relu"),
        ("ReLU", {"max_value": 6}, "relu6"),
        ("ReLU", {"negative_slope": 0.2}, "leaky_relu"),
        ("LeakyReLU", {"negative_slope": 0.2}, "leaky_relu"),
        ("LeakyReLU", {"alpha": 0.0}, "relu"),
        ("ELU", {"alpha": 1.0}, "elu"),
        ("Softmax", {"axis": -1}, "softmax"),
    ],
)
def test_layers_that_are_an_activation(kind, config, expected):
    assert ACTIVATIONS[kind]("a", config) == expected


@pytest.mark.parametrize(
    ("kind", "config"),
    [("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": 0.1}), ("ReLU", {"max_value": 5}), ("ReLU", {"threshold": 1}),
     ("ELU", {"alpha": 0.5}), ("ELU", {"alpha": [1]}), ("Softmax", {"axis": 1})],
)  # fmt: skip
def test_settings_that_opsin_does_not_have_are_refused(kind, config):
    with pytest.raises(
        ModelFileError,
        match=r"has the layer with an activation with the settings .* Fix: add the activation as a separate layer",
    ):
        ACTIVATIONS[kind]("the layer", config)
