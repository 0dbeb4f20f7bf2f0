import pytest

from opsin.core import NetworkError
from opsin.nn import Dense, Input, Sequential


def test_input_says_the_shape_and_is_no_layer():
    net = Sequential([Input((4,)), Dense(2)], seed=0)
    assert net.to_json() == Sequential([Dense(2)], input_shape=(4,), seed=0).to_json()


@pytest.mark.parametrize(
    ("layers", "shape", "said"),
    [
        ([Input((4,)), Dense(2)], (5,), "leave one out"),
        ([Dense(2), Input((4,))], (4,), "behind other layers"),
        ([Dense(2)], None, "input_shape is None"),
    ],
)
def test_a_shape_said_twice_late_or_never_is_refused(layers, shape, said):
    with pytest.raises(NetworkError, match=said):
        Sequential(layers, input_shape=shape)
