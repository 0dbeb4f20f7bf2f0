"""Batches of arrays and of iterables, in order or shuffled."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError


@pytest.mark.parametrize("kind", ["loader", "list", "tensors"])
def test_batches_from_elsewhere(twins, describe, images, kind):
    x, y = images
    theirs, mine = twins(describe)
    options = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy"}
    for model in (theirs, mine):
        model.compile(**options)
    expected = theirs.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    given = {
        "loader": (
            torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*map(torch.from_numpy, images)), 8),
            None,
        ),
        "list": (Batched(x, y, 8), None),
        "tensors": (torch.from_numpy(x), torch.from_numpy(y)),
    }[kind]
    more = {"batch_size": 8, "shuffle": False} if kind == "tensors" else {}
    history = mine.fit(given[0], given[1], epochs=2, verbose=0, **more)
    assert history.history["loss"] == pytest.approx(expected.history["loss"], abs=1e-4)
    for a, b in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)


class Batched:
    """An iterable that is not an array."""

    def __init__(self, x, y, size):
        self.x, self.y, self.size = x, y, size

    def __iter__(self):
        for start in range(0, len(self.x), self.size):
            yield self.x[start : start + self.size], self.y[start : start + self.size]


def test_an_endless_generator_goes_on_where_it_was(twins, describe, images):
    x, y = images

    def endless():
        while True:
            yield from Batched(x, y, 8)

    pair = twins(describe)
    histories = []
    for model in pair:
        model.compile("sgd", "sparse_categorical_crossentropy")
        histories.append(model.fit(endless(), steps_per_epoch=2, epochs=4, verbose=0).history)
    for a, b in zip(pair[1].get_weights(), pair[0].get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)
    assert histories[1]["loss"] == pytest.approx(histories[0]["loss"], abs=1e-4)


def test_shuffling_is_seeded_and_covers_every_image(describe, images):
    from opsin.keras.batches import make_batches

    x = np.arange(100).reshape(100, 1)
    orders = []
    for seed in (1, 1, 2):
        ours.utils.set_random_seed(seed)
        orders.append(np.concatenate([b[0].numpy()[:, 0] for b in make_batches(x, size=7, shuffle=True)]))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0] != orders[2]).any()
    np.testing.assert_array_equal(np.sort(orders[0]), np.arange(100))


def test_what_is_validation_is_the_end_and_is_not_weighted_by_class():
    from opsin.keras.batches import make_batches

    x, y = np.arange(10).reshape(10, 1), np.arange(10) % 2
    batches = make_batches(x, y, size=4, shuffle=True, class_weight={1: 5.0})
    validation = batches.split_off(0.3, None)
    assert [b[0].flatten().tolist() for b in validation] == [[7, 8, 9]]
    assert all(weight is None for _, _, weight in validation)
    seen = [(int(a), float(w)) for b in batches for a, w in zip(b[0], b[2], strict=True)]
    assert sorted(seen) == [(n, 5.0 if n % 2 else 1.0) for n in range(7)]


@pytest.mark.parametrize(("options", "message"), [
    ({"x": np.zeros((4, 2)), "size": 0}, "batch_size is 0"),
    ({"x": 3}, "Expected an array"),
    ({"x": iter([]), "y": np.zeros(3)}, "x yields batches"),
    ({"x": np.zeros((4, 2)), "class_weight": {0: 1.0}, "sample_weight": np.ones(4)}, "Expected one"),
])  # fmt: skip
def test_wrong_input_says_so(options, message):
    from opsin.keras.batches import make_batches

    with pytest.raises(DataError, match=message):
        make_batches(**options)
