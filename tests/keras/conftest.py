"""Keras itself, on torch, as the oracle: the same layers with the same weights in both."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "torch")


@pytest.fixture(scope="session")
def oracle():
    keras = pytest.importorskip("keras", reason="keras, the oracle, is not installed")
    if keras.backend.backend() != "torch":
        pytest.skip("keras was started on another backend than torch")
    return keras


@pytest.fixture
def twins(oracle):
    """A function from a function of `layers` to Keras's model and Opsin's, with equal weights."""
    from opsin import keras as ours

    def make(describe):
        theirs = oracle.Sequential(describe(oracle.layers))
        mine = ours.Sequential(describe(ours.layers))
        mine.set_weights(theirs.get_weights())
        return theirs, mine

    return make


@pytest.fixture
def images():
    """Small pictures of three classes, as class numbers."""
    generator = np.random.default_rng(0)
    y = np.arange(24) % 3
    x = generator.normal(size=(24, 8, 8, 3)) + y[:, None, None, None] / 2
    return x.astype(np.float32), y


def small(layers, units=3, activation="softmax"):
    """A convolution, a pooling and a dense layer, without chance."""
    return [
        layers.Conv2D(4, (3, 3), activation="relu", input_shape=(8, 8, 3)),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(units, activation=activation),
    ]


@pytest.fixture
def describe():
    return small


@pytest.fixture
def close():
    """Histories and weights within 1e-4."""

    def check(mine, theirs):
        assert list(mine) == list(theirs)
        for key, values in theirs.items():
            np.testing.assert_allclose(mine[key], values, atol=1e-4, rtol=1e-4, err_msg=key)

    return check
