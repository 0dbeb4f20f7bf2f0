import pytest

from opsin import zoo
from opsin.core import NetworkError


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(NetworkError, match="no architecture is called 'resnet'; expected one of simple, "):
        zoo.create("resnet", (32, 32, 3), 2)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", None])
@pytest.mark.parametrize("name", [name for name in zoo.names() if not name.startswith(("convnext_s", "convnext_b"))])
def test_the_head_is_what_was_asked_for(name, activation):
    net = zoo.create(name, (32, 32, 3), 7, activation, seed=0)
    assert (net.output_shape, net.final_activation) == ((7,), activation or "linear")
    assert net.name == name


def test_simple_says_why_an_image_is_too_small():
    with pytest.raises(NetworkError, match=r"conv2d_1' got an input of 1x1. Expected at least 3x3"):
        zoo.create("simple", (5, 5, 3), 2)
