"""What fit is given: made tensors, or refused with one line that says how to mend it."""

import numpy as np
import pytest
import torch

from opsin import keras as ours
from opsin.core import DataError
from opsin.keras.arrays import class_weights, to_tensor, unpack


@pytest.mark.parametrize(("change", "message"), [
    ({"x": np.zeros((4, 3, 8, 8))}, r"move the channels to the last axis with np.moveaxis"),
    ({"x": np.zeros((4, 9, 8, 3))}, r"inputs of shape \(9, 8, 3\). Expected \(8, 8, 3\)"),
    ({"x": np.zeros((5, 8, 8, 3))}, "y has 4 rows and x 5"),
    ({"y": np.zeros((4, 3))}, "sparse_categorical_crossentropy got targets of shape"),
    ({"y": np.array([0, 1, 2, 3])}, "class indices from 0 to 3. Expected 0 to 2"),
    ({"x": np.array(["a"] * 4)}, "Expected a numeric array"),
    ({"x": [np.zeros((8, 8, 3)), np.zeros((8, 9, 3))] * 2}, "Expected inputs of one shape"),
    ({"x": np.zeros((0, 8, 8, 3)), "y": np.zeros(0)}, "x is empty"),
    ({"validation_split": 1.5}, "validation_split is 1.5"),
    ({"validation_split": 0.9}, "leaves one part empty"),
    ({"class_weight": [1.0, 2.0]}, "Expected a dictionary"),
])  # fmt: skip
def test_bad_input_says_what_is_wrong(describe, change, message):
    model = ours.Sequential(describe(ours.layers))
    model.compile("sgd", "sparse_categorical_crossentropy")
    given = {"x": np.zeros((4, 8, 8, 3)), "y": np.zeros(4, int), "verbose": 0} | change
    with pytest.raises(DataError, match=message) as caught:
        model.fit(**given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("array", [
    np.arange(6, dtype=np.uint8), np.arange(6, dtype=np.uint16), np.arange(6) > 2, np.arange(6, dtype=">f4"),
    np.arange(6, dtype=np.float16), np.arange(6.0)[::-1], np.arange(6, dtype=np.longdouble),
], ids=lambda array: f"{array.dtype}{array.strides}")  # fmt: skip
def test_every_kind_of_number_keeps_its_value(array):
    np.testing.assert_array_equal(to_tensor(array, "x").numpy().astype(float), array.astype(float))


def test_read_only_memory_is_not_written_to():
    array = np.ones(3, np.float32)
    array.flags.writeable = False
    to_tensor(array, "x").zero_()
    assert array.sum() == 3


def test_a_class_without_a_weight_counts_1():
    hot = torch.eye(3)
    assert class_weights(hot, {2: 4.0}).tolist() == [1.0, 1.0, 4.0]
    assert class_weights(torch.tensor([[2], [0]]), {2: 4.0}).tolist() == [4.0, 1.0]


def test_batches_of_too_many_things_say_so():
    assert unpack((1, 2)) == (1, 2, None)
    with pytest.raises(DataError, match="A batch has 4 parts"):
        unpack((1, 2, 3, 4))


def test_a_missing_channel_axis_is_added(oracle):
    x = np.random.default_rng(0).random((3, 6, 6), np.float32)
    model = ours.Sequential([ours.layers.Flatten(input_shape=(6, 6, 1)), ours.layers.Dense(2)])
    np.testing.assert_array_equal(model.predict(x, verbose=0), model.predict(x[..., None], verbose=0))
