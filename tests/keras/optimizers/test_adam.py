"""Adam and AdamW step as Keras's do."""

import pytest
import torch

from opsin import keras as ours

SETTINGS = [
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "epsilon": 1e-3}),
    ("Adam", {"weight_decay": 0.1}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.5}),
]


def test_steps_walk_weights_that_lie_otherwise_than_their_gradients():
    """The fused kernels read flat memory; a gradient in another memory order must not be taken for its neighbour."""
    torch.manual_seed(0)
    start, gradient = torch.randn(8, 4, 3, 3), torch.randn(8, 4, 3, 3)
    ends = []
    for given in (gradient, gradient.contiguous(memory_format=torch.channels_last)):
        weight = torch.nn.Parameter(start.clone())
        optimizer = ours.optimizers.Adam(0.1)
        for _ in range(3):
            optimizer.apply([given], [weight])
        ends.append(weight.detach())
    torch.testing.assert_close(ends[0], ends[1])


@pytest.mark.parametrize(("name", "settings"), SETTINGS)
def test_steps_as_keras(oracle, twins, describe, images, fit_both, name, settings):
    x, y = images

    def compiled(keras):
        optimizer = getattr((keras or oracle).optimizers, name)(**settings)
        return {"optimizer": optimizer, "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

    fit_both(twins(describe), x, y, compiled, validation_split=0.25)


def test_places_of_arguments_match_keras(oracle):
    for keras in (oracle, ours):
        found = keras.optimizers.AdamW(0.1, 0.2, 0.3, 0.4, 1e-5, True)
        options = found.get_config()
        assert [options[key] for key in ("weight_decay", "beta_1", "beta_2", "epsilon", "amsgrad")] == [
            0.2, 0.3, 0.4, 1e-5, True]  # fmt: skip
