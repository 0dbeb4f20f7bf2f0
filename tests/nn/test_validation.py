import pytest

from opsin.core import NetworkError
from opsin.nn import BatchNormalization, Conv2D, Dense, Dropout, MaxPooling2D, Residual, ZeroPadding2D


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Conv2D(0, 3), "filters=0. Expected an integer of at least 1"),
        (lambda: Conv2D(True, 3), "filters=True"),
        (lambda: Conv2D(8, 2.5), "kernel_size=2.5"),
        (lambda: Conv2D(8, (3, 3, 3)), r"kernel_size=\(3, 3, 3\). Expected .* or a tuple of 2"),
        (lambda: Conv2D(8, 3, padding="full"), "padding='full'. Expected one of 'valid', 'same'"),
        (lambda: Conv2D(8, 3, use_bias=1), "use_bias=1. Expected one of True, False"),
        (lambda: Conv2D(8, 3, groups=3), "cannot divide 8 filters into 3 groups"),
        (lambda: Conv2D(8, 3, strides=2, dilation_rate=2), "strides and dilation_rate both above 1"),
        (lambda: Conv2D(8, 3, kernel_initializer="magic"), "kernel_initializer='magic'"),
        (lambda: MaxPooling2D(0), "pool_size=0"),
        (lambda: Dense(2**31), "units=2147483648"),
        (lambda: Dropout(1.5), "rate=1.5. Expected a number from 0 to 1"),
        (lambda: Dropout(float("nan")), "rate=nan"),
        (lambda: BatchNormalization(momentum="0.9"), "momentum='0.9'"),
        (lambda: Residual("conv"), "layers='conv'. Expected a list of layers"),
        (lambda: ZeroPadding2D(((1, 2), (3,))), "or 2 pairs"),
    ],
)
def test_an_invalid_argument_raises_an_error_at_construction(make, message):
    with pytest.raises(NetworkError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_one_number_and_one_per_axis_give_equal_layers():
    assert Conv2D(8, 3) == Conv2D(8, (3, 3)) == Conv2D(8, [3, 3])
    assert MaxPooling2D(2) == MaxPooling2D(2, strides=2)
    assert ZeroPadding2D(1) == ZeroPadding2D((1, 1)) == ZeroPadding2D(((1, 1), (1, 1)))
