from typing import get_args, get_origin

from opsin.core import Shape


def test_a_shape_is_plain_integers_of_any_number():
    assert get_origin(Shape) is tuple
    assert get_args(Shape) == (int, ...)
