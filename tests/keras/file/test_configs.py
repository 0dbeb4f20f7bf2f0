import json

import pytest

from opsin import nn
from opsin.core import NetworkError
from opsin.keras.file.configs import model_config
from opsin.keras.file.network import convert_network
from opsin.keras.file.objects import check_objects
from opsin.nn import Activation, Conv2D, Dense, Flatten, Sequential, Stage

LAYERS = [
    (Conv2D(4, (2, 3), 2, "same", "relu", False, groups=2, kernel_initializer="he_normal"), (8, 8, 4)),
    (nn.Conv1D(4, 2, dilation_rate=2), (8, 4)),
    (nn.Conv3DTranspose(4, 2, strides=2), (3, 3, 3, 2)),
    (nn.SeparableConv1D(4, 2, depth_multiplier=3, depthwise_initializer="lecun_normal"), (8, 4)),
    (nn.DepthwiseConv2D(2), (8, 8, 4)),
    (nn.BatchNormalization(0.9, 1e-5, False, True), (8,)),
    (nn.GroupNormalization(2, 1e-4, center=False), (8,)),
    (nn.LayerNormalization(1e-4, scale=False), (8,)),
    (nn.MaxPooling1D(3, 2, "same"), (8, 4)),
    (nn.AveragePooling3D((1, 2, 2)), (3, 4, 4, 2)),
    (nn.GlobalMaxPooling2D(keepdims=True), (8, 8, 4)),
    (nn.UpSampling1D(3), (8, 4)),
    (nn.UpSampling2D((2, 3), "bilinear"), (8, 8, 4)),
    (nn.ZeroPadding1D((1, 2)), (8, 4)),
    (nn.ZeroPadding2D(((1, 0), (2, 3))), (8, 8, 4)),
    (nn.Cropping1D((1, 2)), (8, 4)),
    (nn.Cropping2D(((1, 0), (2, 3))), (8, 8, 4)),
    (nn.Cropping3D(1), (4, 4, 4, 2)),
    (nn.Reshape((-1, 2)), (8,)),
    (nn.Rescaling(0.5, -1), (8,)),
    (nn.SpatialDropout1D(0.5), (8, 2)),
    (Activation("mish"), (8,)),
    (nn.Conv1D(4, 3, padding="causal"), (8, 4)),
    (nn.Conv1DTranspose(4, 3, 2, output_padding=1), (8, 4)),
    (nn.Conv2DTranspose(4, 3, (2, 3), "same", output_padding=(0, 2)), (8, 8, 4)),
    (nn.ReLU(), (8,)),
    (nn.ReLU(4, 0.1, 0.5), (8,)),
    (nn.LeakyReLU(0.1), (8,)),
    (nn.ELU(0.5), (8,)),
    (nn.PReLU(), (8, 8, 4)),
    (nn.PReLU("he_normal", [1, 2]), (8, 8, 4)),
    (nn.PReLU(shared_axes=1), (8, 4)),
    (nn.Softmax(), (8, 4)),
    (Stage([Flatten(), Stage([Dense(2)])]), (8, 2)),
]


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda value: type(value).__name__)
def test_what_is_written_describes_the_same_layer(layer, shape):
    network = Sequential([layer], input_shape=shape, seed=0, name="n")
    config = json.loads(json.dumps(model_config(network, None), allow_nan=False))
    check_objects(config, "config.json")
    found = convert_network(config)
    assert (found.layers, found.input_shape, found.name) == (network.layers, shape, "n")


def test_frozen_layers_and_what_was_compiled_are_written():
    network = Sequential([Dense(3), Stage([Dense(2)])], input_shape=(4,), seed=0)
    network.dense.requires_grad_(False)
    config = model_config(network, {"loss": "mse"})
    assert convert_network(config).frozen == ("dense",)
    assert config["compile_config"] == {"loss": "mse"}


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.Residual([Dense(4)], name="r"), "Residual 'r' does not exist in Keras. Fix: save the network as"),
        (nn.Parallel([[Dense(4)], [Dense(4)]], name="p"), "Parallel 'p' does not exist in Keras"),
        (nn.Skip([Dense(4)], name="s"), "Skip 's' does not exist in Keras"),
        (nn.LayerScale(name="l"), "LayerScale 'l' does not exist in Keras"),
        (Stage([nn.Residual([Dense(4)], name="in")]), "Residual 'in' does not exist"),
        (Activation("glu", name="a"), "Activation 'a' has the activation 'glu', which halves the channels"),
        (Dense(3, "sparsemax", name="d"), "Dense 'd' has the activation 'sparsemax', which has different definitions"),
        (Stage([], name="empty"), "without layers cannot be saved"),
    ],
)
def test_what_keras_does_not_have_is_refused_by_name(layer, words):
    with pytest.raises(NetworkError, match=words):
        model_config(Sequential([layer, Dense(2)], input_shape=(4,), seed=0), None)


def test_an_initializer_of_opsin_alone_is_left_behind():
    network = Sequential([Dense(3, kernel_initializer="dirac")], input_shape=(4,), seed=0)
    assert convert_network(model_config(network, None)).layers[0].kernel_initializer == "glorot_uniform"
