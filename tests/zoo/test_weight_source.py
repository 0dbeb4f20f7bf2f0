import pytest

from opsin import zoo
from opsin.core import NetworkError


@pytest.mark.parametrize("name", zoo.WEIGHTS)
def test_all_known_weights_say_where_they_come_from_and_what_they_expect(name):
    weights: zoo.Weights = zoo.WEIGHTS[name]
    assert name in zoo.names()
    assert "Apache-2.0" in weights.origin
    assert len(weights.mean) == len(weights.std) == 3
    assert all(0 < value < 1 for value in (*weights.mean, *weights.std))


def test_weights_that_cannot_be_had_are_an_error_that_opsin_raises_on_purpose():
    assert issubclass(zoo.WeightsError, NetworkError)
