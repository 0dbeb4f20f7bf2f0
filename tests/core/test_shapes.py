from typing import get_args, get_origin

from opsin.core import Shape


def test_a_shape_is_a_tuple_of_integers():
    assert get_origin(Shape) is tuple
    assert get_args(Shape) == (int, ...)
