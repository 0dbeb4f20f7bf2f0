"""One step: what is frozen stays, what is inside is trained."""

import numpy as np
import pytest

from opsin import keras as ours

HOT = np.eye(3, dtype=np.float32)


def test_frozen_layers_stay(twins, describe, images, fit_both, compiled):
    x, y = images
    pair = twins(lambda layers: [*describe(layers)[:1], layers.BatchNormalization(), *describe(layers)[2:]])
    for model in pair:
        model.layers[0].trainable = False
        model.layers[1].trainable = False
    before = pair[1].layers[0].get_weights() + pair[1].layers[1].get_weights()
    fit_both(pair, x, HOT[y], compiled)
    for a, b in zip(before, pair[1].layers[0].get_weights() + pair[1].layers[1].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("frozen", [True, False])
def test_a_model_inside_is_trained_as_keras_does(oracle, images, fit_both, frozen, compiled):
    x, y = images
    pair = []
    for keras in (oracle, ours):
        k = keras.layers
        # No bias: its gradient before a normalization is 0 but for rounding, which Adam would make steps of.
        convolution = k.Conv2D(4, 3, use_bias=False, kernel_regularizer="l2")
        inside = [k.Input((8, 8, 3)), convolution, k.BatchNormalization(momentum=0.5)]
        base = keras.Sequential(inside)
        pair.append(keras.Sequential([k.Input((8, 8, 3)), base, k.Flatten(), k.Dense(3, activation="softmax")]))
        base.trainable = not frozen
    weights = ours.Sequential(pair[1].layers).get_weights()
    pair[0].set_weights(weights)
    fit_both(pair, x, HOT[y], compiled)


def test_a_model_whose_layers_are_all_frozen_can_be_fitted(describe, images):
    model = ours.Sequential(describe(ours.layers))
    model.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    assert np.isfinite(model.fit(*images, verbose=0).history["loss"][0])
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
