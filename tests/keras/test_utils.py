"""What Keras keeps under utils: one-hot targets, norms, seeds."""

import numpy as np
import pytest

from opsin import keras as ours
from opsin.core import DataError


@pytest.mark.parametrize("y", [[0, 2, 1], [[0], [2]], np.array([[0, 1], [2, 2]]), []], ids=str)
def test_to_categorical_matches_keras(oracle, y):
    actual, expected = (keras.utils.to_categorical(y, 4) for keras in (ours, oracle))
    np.testing.assert_array_equal(actual, expected)


def test_class_numbers_out_of_range_say_so():
    with pytest.raises(DataError, match=r"from 0 to 3. Expected 0 to 2"):
        ours.utils.to_categorical([0, 3], 3)


def test_normalize_matches_keras(oracle):
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


OWN = {
    "activations.Activation",
    "activations.activation_name",
    "initializers.initializer_name",
    "regularizers.regularizer",
}


def test_module_paths():
    from opsin.keras import Sequential, layers, models
    from opsin.keras.callbacks.monitor import EarlyStopping
    from opsin.keras.layers.convolutions import Conv2D
    from opsin.keras.models import load_model
    from opsin.keras.optimizers.adam import Adam
    from opsin.keras.preprocessing.image import img_to_array, load_img
    from opsin.keras.saving import save_model
    from opsin.keras.utils import set_random_seed, to_categorical

    assert to_categorical is ours.utils.to_categorical and set_random_seed is ours.utils.set_random_seed
    assert models.Sequential is Sequential is ours.Sequential and layers.Conv2D is Conv2D
    assert all(callable(one) for one in (EarlyStopping, load_model, save_model, Adam, img_to_array, load_img))


def test_what_is_there_has_a_name_that_keras_has_too(oracle):
    """A name of ours that Keras has not would let scripts be written here that do not run there."""
    modules = ("activations", "callbacks", "losses", "metrics", "optimizers", "regularizers", "utils", "initializers")
    more = {
        f"{name}.{one}"
        for name in modules
        for one, value in vars(getattr(ours, name)).items()
        if not one.startswith("_") and callable(value) and not hasattr(getattr(oracle, name), one)
        and str(getattr(value, "__module__", "")).startswith("opsin.keras")
    }  # fmt: skip
    assert more == OWN
