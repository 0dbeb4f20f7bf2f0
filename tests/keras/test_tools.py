"""What Keras keeps under utils: one-hot targets, norms, seeds."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import DataError


@pytest.mark.parametrize("y", [[0, 2, 1], [[0], [2]], np.array([[0, 1], [2, 2]]), []], ids=str)
def test_to_categorical_is_kerass(oracle, y):
    said, expected = (keras.utils.to_categorical(y, 4) for keras in (ours, oracle))
    np.testing.assert_array_equal(said, expected)


def test_class_numbers_out_of_range_say_so():
    with pytest.raises(DataError, match="from 0 to 3; expected 0 to 2"):
        ours.utils.to_categorical([0, 3], 3)


def test_normalize_is_kerass(oracle):
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.testing.assert_allclose(ours.utils.normalize(x), oracle.utils.normalize(x))
    np.testing.assert_allclose(np.linalg.norm(ours.utils.normalize(x, 0), axis=0), 1)


def test_seed_makes_a_run_repeatable(describe, images):
    x, y = images
    losses = []
    for _ in range(2):
        ours.utils.set_random_seed(5)
        model = ours.Sequential([*describe(ours.layers)[:3], ours.layers.Dropout(0.5), ours.layers.Dense(3)])
        model.compile("adam", ours.losses.SparseCategoricalCrossentropy(from_logits=True))
        losses.append(model.fit(x, y, epochs=2, verbose=0).history["loss"])
    assert losses[0] == losses[1]
