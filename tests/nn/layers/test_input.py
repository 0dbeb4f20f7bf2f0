import pytest

from opsin.core import NetworkError
from opsin.nn import Dense, Input, Sequential


def test_input_sets_the_shape_and_is_not_a_layer():
    net = Sequential([Input((4,)), Dense(2)], seed=0)
    assert net.to_json() == Sequential([Dense(2)], input_shape=(4,), seed=0).to_json()


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        ([Input((4,)), Dense(2)], (5,), "omit one of them"),
        ([Dense(2), Input((4,))], (4,), "Input follows other layers"),
        ([Dense(2)], None, "input_shape is None"),
    ],
)
def test_a_duplicate_late_or_missing_shape_raises_an_error(layers, shape, message):
    with pytest.raises(NetworkError, match=message):
        Sequential(layers, input_shape=shape)
