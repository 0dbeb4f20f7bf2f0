"""RMSprop steps as Keras's does."""

import pytest

SETTINGS = [
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.5}),
    ("RMSprop", {"centered": True, "epsilon": 1e-3}),
]


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_steps_as_keras(oracle, twins, describe, images, fit_both, name, settings):
    x, y = images

    def compiled(keras):
        optimizer = getattr((keras or oracle).optimizers, name)(**settings)
        return {"optimizer": optimizer, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

    fit_both(twins(describe), x, y, compiled, validation_split=0.25)
