"""The text of summary() is Keras's."""

import pytest

from opsin import keras as ours


def text_of(model, **more):
    actual = []
    model.summary(print_fn=lambda text, **_: actual.append(text), **more)
    return "\n".join(actual).rstrip("\n")


@pytest.mark.parametrize("more", [{}, {"line_length": 120}, {"show_trainable": True}], ids=str)
def test_summary_matches_keras(oracle, twins, more):
    def network(layers):
        return [
            layers.Input((16, 16, 4)), layers.SeparableConv2D(8, 3, padding="same"), layers.BatchNormalization(),
            layers.ReLU(), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.Conv2DTranspose(4, 3, strides=2),
            layers.Dropout(0.5), layers.GlobalAveragePooling2D(), layers.Dense(1, name="out"),
        ]  # fmt: skip

    oracle.backend.clear_session()
    ours.backend.clear_session()
    theirs, mine = twins(network)
    for model in (theirs, mine):
        model.layers[0].trainable = False
    assert text_of(mine, **more) == text_of(theirs, **more)


def test_summary_without_a_shape_matches_keras(oracle, describe):
    oracle.backend.clear_session()
    ours.backend.clear_session()
    texts = [text_of(keras.Sequential([keras.layers.Conv2D(3, 3), keras.layers.Flatten()])) for keras in (oracle, ours)]
    assert texts[1] == texts[0]
