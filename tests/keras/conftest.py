"""Keras itself, on torch, as the oracle: the same layers with the same weights in both."""

import os
import subprocess
import sys
from pathlib import Path

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


def compiled_plainly(keras):
    return {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"],
            "weighted_metrics": ["categorical_accuracy"]}  # fmt: skip


@pytest.fixture
def compiled():
    """Default arguments of `compile`."""
    return compiled_plainly


@pytest.fixture
def fit_both():
    """A function that fits Keras's model and Opsin's alike and holds histories and weights against each other."""
    from opsin import keras as ours

    def fit(pair, x, y, compiled, **more):
        theirs, mine = pair
        options = {"epochs": 2, "batch_size": 8, "shuffle": False, "verbose": 0, **more}
        histories = []
        for model, keras in ((theirs, None), (mine, ours)):
            model.compile(**compiled(keras))
            histories.append(model.fit(x, y, **options))
        expected, found = histories
        assert list(found.history) == list(expected.history)
        for key, values in expected.history.items():
            np.testing.assert_allclose(found.history[key], values, atol=1e-4, rtol=1e-4, err_msg=key)
        assert found.epoch == expected.epoch
        for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)
        return theirs, mine

    return fit


@pytest.fixture
def run_script(tmp_path):
    """A function that runs a script as a user would, in a folder of its own, and gives what it printed."""

    def run(text):
        path = tmp_path / "script.py"
        path.write_text(text, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "KERAS_BACKEND": "torch"}
        ran = subprocess.run(
            [sys.executable, path.name], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    return run
