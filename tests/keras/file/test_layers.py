import pytest

from opsin import nn
from opsin.core import ModelFileError
from opsin.keras.file.layers import SHARED_LAYERS, SUPPORTED, check_policy, convert_layer
from opsin.nn import Activation, BatchNormalization, Conv2D, Dense, LayerNormalization, MaxPooling2D, ZeroPadding1D

SHAPE = (8, 8, 3)


def refused(kind, config, words, shape=SHAPE):
    with pytest.raises(ModelFileError, match=words) as caught:
        convert_layer(kind, {"name": "a"} | config, shape)
    assert len(str(caught.value)) < 700


def test_arguments_are_taken_over():
    config = {
        "name": "a", "trainable": True, "dtype": "float32", "filters": 4, "kernel_size": [3, 2], "strides": [1, 1],
        "padding": "same", "data_format": "channels_last", "dilation_rate": [2, 1], "groups": 1, "activation": "relu",
        "use_bias": False, "kernel_initializer": {"class_name": "HeNormal", "config": {"seed": None}},
        "bias_initializer": {"class_name": "Zeros", "config": {}}, "kernel_regularizer": {"class_name": "L2"},
    }  # fmt: skip
    expected = Conv2D(4, (3, 2), 1, "same", "relu", False, (2, 1), kernel_initializer="he_normal", name="a")
    assert convert_layer("Conv2D", config, SHAPE) == expected


@pytest.mark.parametrize(
    ("kind", "config", "expected"),
    [
        ("Dense", {"units": 3, "activation": "linear"}, Dense(3, name="a")),
        ("Dense", {"units": 3, "kernel_initializer": "Orthogonal"}, Dense(3, name="a")),
        ("Dense", {"units": 3, "kernel_initializer": {"class_name": ["x"]}, "new": None}, Dense(3, name="a")),
        ("Activation", {"activation": "linear"}, Activation("linear", name="a")),
        ("ReLU", {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}, nn.ReLU(name="a")),
        ("ReLU", {"max_value": 4, "negative_slope": 0.5, "threshold": 1}, nn.ReLU(4, 0.5, 1, name="a")),
        ("LeakyReLU", {}, nn.LeakyReLU(0.3, name="a")),
        ("LeakyReLU", {"alpha": 0.1}, nn.LeakyReLU(0.1, name="a")),
        ("LeakyReLU", {"negative_slope": 0.2}, nn.LeakyReLU(0.2, name="a")),
        ("ELU", {"alpha": 0.5}, nn.ELU(0.5, name="a")),
        ("PReLU", {"alpha_initializer": {"class_name": "Constant", "config": {"value": 0.25}}}, nn.PReLU(name="a")),
        (
            "PReLU",
            {"alpha_constraint": {"class_name": "NonNeg"}, "shared_axes": [1, 2]},
            nn.PReLU("zeros", (1, 2), name="a"),
        ),
        ("Softmax", {"axis": 3}, nn.Softmax(name="a")),
        ("Softmax", {"axis": [-1]}, nn.Softmax(name="a")),
        ("BatchNormalization", {"axis": [3], "renorm": False, "synchronized": True}, BatchNormalization(name="a")),
        ("LayerNormalization", {"axis": [-1], "rms_scaling": False}, LayerNormalization(name="a")),
        ("MaxPooling2D", {"pool_size": [2, 2], "strides": None}, MaxPooling2D(2, name="a")),
        ("ZeroPadding1D", {"padding": [1, 2]}, ZeroPadding1D((1, 2), name="a")),
        ("Cropping1D", {"cropping": [1, 2]}, nn.Cropping1D((1, 2), name="a")),
    ],
)
def test_spellings(kind, config, expected):
    assert convert_layer(kind, {"name": "a"} | config, SHAPE) == expected


@pytest.mark.parametrize(
    "kind", ["LSTM", "Embedding", "ThresholdedReLU", "Residual", "LayerScale", "Stage", "Identity", "", "x" * 9999]
)
def test_other_layers_are_refused_with_those_there_are(kind):
    refused(
        kind, {}, "which Opsin does not support. Expected one of Activation, AveragePooling1-3D, .*ZeroPadding1-3D.$"
    )


@pytest.mark.parametrize("kind", ["RandomFlip", "RandomRotation", "RandomZoom", "RandAugment", "AutoContrast"])
def test_distortions_are_refused_with_what_to_do(kind):
    refused(kind, {"mode": "horizontal"}, "an augmentation layer, which Opsin does not support. Fix: remove it")


@pytest.mark.parametrize(
    ("kind", "config", "words"),
    [
        ("Flatten", {"data_format": "channels_first"}, "data_format='channels_first'. Expected 'channels_last'"),
        ("BatchNormalization", {"axis": 1}, "with axis=1. Expected -1"),
        ("BatchNormalization", {"axis": {"a": 1}}, "with axis="),
        ("BatchNormalization", {"renorm": True}, "renorm=True. Expected False"),
        ("LayerNormalization", {"axis": [1, 2, 3]}, r"with axis=\[1, 2, 3\]"),
        ("LayerNormalization", {"rms_scaling": True}, "rms_scaling=True"),
        ("Dropout", {"rate": 0.1, "noise_shape": [1]}, r"noise_shape=\[1\]. Expected None"),
        ("Dense", {"units": 3, "lora_rank": 4}, "lora_rank=4. Opsin does not support this setting"),
        ("Dense", {"units": 3, "quantization_config": {"a": 1}}, "quantization_config"),
        ("Dense", {"activation": "relu"}, "without 'units'"),
        ("ReLU", {"new": 4}, "new=4"),
        ("Softmax", {"axis": 1}, "with axis=1. Expected -1"),
        ("Softmax", {"axis": [1, 2]}, r"with axis=\[1, 2\]. Expected -1"),
    ],
)
def test_settings_that_change_answers_are_refused(kind, config, words):
    refused(kind, config, words)


@pytest.mark.parametrize("name", ["float32", "mixed_bfloat16", "mixed_float16", None])
def test_policies_of_floating_point_are_read(name):
    check_policy("a", name)
    check_policy("a", {"class_name": "DTypePolicy", "config": {"name": name}})


@pytest.mark.parametrize(
    "policy", ["int8_from_float32", 3, [], {"class_name": "QuantizedDTypePolicy", "config": {"name": "float32"}},
               {"class_name": "DTypePolicy", "config": {"name": "int8"}}, {"class_name": "DTypePolicyMap"}],
)  # fmt: skip
def test_other_policies_are_refused(policy):
    with pytest.raises(ModelFileError, match="has the layer with the dtype policy"):
        check_policy("the layer", policy)


def test_what_is_supported_is_what_keras_has():
    keras = pytest.importorskip("keras", reason="keras, the oracle, is not installed")
    assert all(hasattr(keras.layers, name) for name in SUPPORTED if name != "Sequential")
    assert set(SHARED_LAYERS) < set(SUPPORTED)
