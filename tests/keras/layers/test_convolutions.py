"""Convolutions have Keras's old names too."""

from opsin import keras


def test_old_names_are_the_same_layers():
    assert keras.layers.Convolution2D is keras.layers.Conv2D
    assert keras.layers.Convolution2DTranspose is keras.layers.Conv2DTranspose


def test_a_convolution_describes_the_layer_that_it_says():
    made = keras.layers.Conv2D(4, (3, 5), 2, "same", activation="relu").data
    assert (made.filters, tuple(made.kernel_size), made.padding, made.activation) == (4, (3, 5), "same", "relu")
