import pytest

from opsin.core import NetworkError
from opsin.nn import Conv2D, Dense, MaxPooling2D, Sequential
from opsin.nn.naming import name_layers


def test_default_names_match_keras():
    layers = [Conv2D(1, 1), MaxPooling2D(), Conv2D(1, 1), Dense(1, name="head"), Conv2D(1, 1)]
    assert [layer.name for layer in name_layers(layers)] == ["conv2d", "max_pooling2d", "conv2d_1", "head", "conv2d_2"]


def test_default_names_avoid_given_names():
    layers = [Dense(1), Dense(1, name="dense"), Dense(1, name="dense_2"), Dense(1)]
    assert [layer.name for layer in name_layers(layers)] == ["dense_1", "dense", "dense_2", "dense_3"]


@pytest.mark.parametrize("name", ["", "a.b", "a/b", "a\nb", "weights" * 99, 3, "\ud800"])
def test_invalid_names_raise_an_error(name):
    with pytest.raises(NetworkError, match=r"Dense has name=.* Expected a string of 1 to 200 printable characters"):
        name_layers([Dense(1, name=name)])


@pytest.mark.parametrize("name", ["forward", "training", "_modules", "_parameters", "add_module"])
def test_names_of_torch_attributes_raise_an_error(name):
    with pytest.raises(NetworkError, match=f"Dense '{name}' has a reserved name"):
        name_layers([Dense(1, name=name)])


@pytest.mark.parametrize("name", dir(Sequential([], input_shape=(1,))))
def test_names_of_network_attributes_raise_an_error(name):
    with pytest.raises(NetworkError, match=f"Dense '{name}' has a reserved name"):
        Sequential([Dense(1, name=name)], input_shape=(1,))


def test_a_duplicate_name_raises_an_error():
    with pytest.raises(
        NetworkError, match=r"Dense 'a' has the same name as another layer in its list. Fix: rename one"
    ):
        name_layers([Dense(1, name="a"), Dense(2, name="a")])
