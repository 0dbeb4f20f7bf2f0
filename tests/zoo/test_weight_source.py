import pytest

from opsin import zoo
from opsin.core import NetworkError


@pytest.mark.parametrize("name", zoo.WEIGHTS)
def test_all_known_weights_have_a_source_a_licence_and_a_scale(name):
    weights: zoo.Weights = zoo.WEIGHTS[name]
    assert name in zoo.names()
    assert "Apache-2.0" in weights.origin
    assert len(weights.mean) == len(weights.std) == 3
    assert all(0 < value < 1 for value in (*weights.mean, *weights.std))


def test_unavailable_weights_are_an_error_of_the_network():
    assert issubclass(zoo.WeightsError, NetworkError)
