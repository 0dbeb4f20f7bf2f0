"""The way back from a network's layers to Keras's."""

from opsin import nn
from opsin.keras import layers
from opsin.keras.layers.wrapping import wrap


def test_a_layer_comes_back_as_its_keras_layer_with_its_settings():
    data = nn.Conv2D(4, 3, strides=2, name="stem")
    made = wrap(data)
    assert type(made) is layers.Conv2D
    assert (made.name, made.data) == ("stem", data)


def test_what_keras_lacks_is_a_plain_layer():
    made = wrap(nn.Residual([nn.Dense(3)], name="skip"))
    assert type(made) is layers.Layer
    assert made.name == "skip"
