import pytest

from opsin.core import NetworkError
from opsin.nn import BatchNormalization, Conv2D, Dense, Dropout, MaxPooling2D, Residual, ZeroPadding2D


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Conv2D(0, 3), "whole number of at least 1 for filters, got 0"),
        (lambda: Conv2D(True, 3), "filters, got True"),
        (lambda: Conv2D(8, 2.5), "kernel_size, got 2.5"),
        (lambda: Conv2D(8, (3, 3, 3)), r"or 2 of them, for kernel_size, got \(3, 3, 3\)"),
        (lambda: Conv2D(8, 3, padding="full"), "one of 'valid', 'same' for padding, got 'full'"),
        (lambda: Conv2D(8, 3, use_bias=1), "one of True, False for use_bias, got 1"),
        (lambda: Conv2D(8, 3, groups=3), "cannot share 8 filters among 3 groups"),
        (lambda: Conv2D(8, 3, strides=2, dilation_rate=2), "strides and dilation_rate both over 1"),
        (lambda: Conv2D(8, 3, kernel_initializer="magic"), "kernel_initializer, got 'magic'"),
        (lambda: MaxPooling2D(0), "pool_size, got 0"),
        (lambda: Dense(2**31), "units, got 2147483648"),
        (lambda: Dropout(1.5), "number from 0 to 1 for rate, got 1.5"),
        (lambda: Dropout(float("nan")), "for rate, got nan"),
        (lambda: BatchNormalization(momentum="0.9"), "for momentum, got '0.9'"),
        (lambda: Residual("conv"), "a list of layers for layers, got 'conv'"),
        (lambda: ZeroPadding2D(((1, 2), (3,))), "or 2 pairs, for padding"),
    ],
)
def test_a_wrong_argument_is_refused_when_the_layer_is_described(make, said):
    with pytest.raises(NetworkError, match=said) as error:
        make()
    assert "\n" not in str(error.value)


def test_one_number_and_one_per_axis_describe_the_same_layer():
    assert Conv2D(8, 3) == Conv2D(8, (3, 3)) == Conv2D(8, [3, 3])
    assert MaxPooling2D(2) == MaxPooling2D(2, strides=2)
    assert ZeroPadding2D(1) == ZeroPadding2D((1, 1)) == ZeroPadding2D(((1, 1), (1, 1)))
