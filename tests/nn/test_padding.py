from itertools import product

import pytest

from opsin.core import NetworkError
from opsin.nn import MaxPooling2D
from opsin.nn.padding import same_padding


def test_same_padding_is_minimal():
    for size, extent, stride in product(range(1, 12), range(1, 8), range(1, 5)):
        before, after = same_padding(size, extent, stride)
        wanted = -(-size // stride)
        assert after - before in (0, 1)
        assert (size + before + after - extent) // stride + 1 == wanted or extent < stride
        if before + after:
            assert (size + before + after - 1 - extent) // stride + 1 < wanted


def test_too_small_an_input_raises_an_error_with_a_fix():
    with pytest.raises(
        NetworkError, match=r"MaxPooling2D got an input of 2x9. Expected at least 3x2. Fix: use padding='same', larger"
    ):
        MaxPooling2D((3, 2)).output_shape((2, 9, 3))
    assert MaxPooling2D((3, 2), padding="same").output_shape((2, 9, 3)) == (1, 5, 3)
