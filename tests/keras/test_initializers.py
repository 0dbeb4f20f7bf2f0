"""An initializer is taken as an object, its class, or a name in either spelling."""

import pytest

from opsin import keras as ours
from opsin.core import NetworkError


@pytest.mark.parametrize("given", ["HeNormal", "he_normal", ours.initializers.HeNormal, ours.initializers.HeNormal(1)])
def test_all_spellings_are_one(given):
    assert ours.layers.Dense(3, kernel_initializer=given).kernel_initializer == "he_normal"


def test_zeros_are_zeros_and_others_are_not(images):
    model = ours.Sequential([ours.layers.Dense(3, kernel_initializer="zeros", input_shape=(5,)), ours.layers.Dense(3)])
    first, _, second, _ = model.get_weights()
    assert not first.any() and second.any()


def test_an_unknown_name_lists_the_known():
    with pytest.raises(NetworkError, match=r"'he' for kernel_initializer. Expected .*'he_normal'"):
        ours.layers.Dense(3, kernel_initializer="he")
