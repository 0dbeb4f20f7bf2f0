"""A model grows, is described, and shares its weights."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin import nn
from opsin.core import NetworkError


def test_a_model_grows_and_keeps_its_weights(images):
    x, _ = images
    model = ours.Sequential()
    model.add(ours.layers.Conv2D(4, 3, input_shape=(8, 8, 3)))
    model.add(ours.layers.Flatten())
    kept = model.get_weights()
    features = model.predict(x, verbose=0)
    model.add(ours.layers.Dense(3, activation="softmax"))
    np.testing.assert_array_equal(model.get_weights()[0], kept[0])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.pop()
    np.testing.assert_array_equal(model.predict(x, verbose=0), features)
    shared = ours.Sequential([*model.layers, ours.layers.Dense(2)])
    shared.layers[0].set_weights([kept[0] * 2, kept[1]])
    np.testing.assert_array_equal(model.get_weights()[0], kept[0] * 2)


def test_a_model_inside_a_model_shares_its_weights(images, describe):
    x, y = images
    base = ours.Sequential(describe(ours.layers)[:-1], name="base")
    base.trainable = False
    whole = ours.Sequential([base, ours.layers.Dense(3, activation="softmax")])
    before = base.get_weights()
    whole.compile("sgd", "sparse_categorical_crossentropy")
    whole.fit(x, y, verbose=0)
    np.testing.assert_array_equal(base.get_weights()[0], before[0])
    base.trainable = True
    whole.fit(x, y, verbose=0)
    assert (base.get_weights()[0] != before[0]).any()


def test_shape_is_found_with_the_first_images(images):
    x, y = images
    model = ours.Sequential([ours.layers.Conv2D(4, 3), ours.layers.Flatten(), ours.layers.Dense(3)])
    assert not model.built
    model.compile("sgd", "mse")
    model.fit(x, np.eye(3)[y], verbose=0)
    assert model.output_shape == (None, 3)
    other = ours.Sequential([ours.layers.Dense(3)])
    other.build((None, 5))
    assert other.count_params() == 18
    assert ours.Sequential([ours.layers.Dense(3)])(np.zeros((2, 4))).shape == (2, 3)


def test_network_is_an_ordinary_torch_module(twins, describe, images):
    x, _ = images
    theirs, mine = twins(describe)
    assert isinstance(mine.network, nn.Sequential)
    with torch.no_grad():
        predictions = mine.network(torch.from_numpy(x).permute(0, 3, 1, 2))
    np.testing.assert_allclose(predictions, theirs.predict(x, verbose=0), atol=1e-5)
    np.testing.assert_allclose(mine(x).detach(), theirs.predict(x, verbose=0), atol=1e-5)
    again = ours.Sequential.from_network(mine.network)
    np.testing.assert_array_equal(again.predict(x, verbose=0), mine.predict(x, verbose=0))


@pytest.mark.parametrize(("describe", "message"), [
    (lambda k, m: k.Dense, "got the class Dense as a layer"),
    (lambda k, m: "dense", "got 'dense' as a layer"),
    (lambda k, m: m.pop() and m.pop() and m.pop(), "has no layers. Expected at least one"),
    (lambda k, m: k.Input((3,)), "Expected Input as the first entry"),
    (lambda k, m: k.Conv2D(3, 3), "place it before Flatten"),
    (lambda k, m: k.Dense(3, name="flatten"), "'flatten'.*rename one of them"),
])  # fmt: skip
def test_a_wrong_network_says_so_when_described(describe, message):
    model = ours.Sequential([ours.layers.Flatten(input_shape=(4, 4, 1), name="flatten"), ours.layers.Dense(2)])
    with pytest.raises(NetworkError, match=message):
        model.add(describe(ours.layers, model))
