"""A task from a file that anyone could have written is refused in one line."""

import pytest

from opsin.core import DataError
from opsin.tasks.validation import check_names, check_scale, check_stride, check_temperature, check_thresholds


@pytest.mark.parametrize("names", ["ab", ("a",), ("a", 1), ("a", "a"), ["a", "b"], None])
def test_names_that_are_none(names):
    with pytest.raises(DataError) as caught:
        check_names(names, 2, "classes")
    assert "\n" not in str(caught.value) and "Expected" in str(caught.value)


def test_the_name_that_stands_twice_is_named():
    with pytest.raises(DataError, match="'dog' occurs twice"):
        check_names(("cat", "dog", "dog"), 2, "classes")


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf"), "1", None, 10**400])
def test_temperatures_that_are_none(temperature):
    with pytest.raises(DataError, match="temperature"):
        check_temperature(temperature)


@pytest.mark.parametrize(
    ("mean", "spread"), [((), ()), ((1.0,), (0.0,)), ((1.0,), (float("nan"),)), ((1.0, 2.0), (1.0,)), (("1",), (1.0,))]
)
def test_scales_that_are_none(mean, spread):
    with pytest.raises(DataError, match="one of each"):
        check_scale(1, mean, spread)


@pytest.mark.parametrize("thresholds", [(), (0.5,), [0.5, 0.5], (0.5, 1.1), (0.5, -0.1), (0.5, float("nan")), ("a", 1)])
def test_thresholds_that_are_none(thresholds):
    with pytest.raises(DataError, match="2 numbers from 0 to 1"):
        check_thresholds(thresholds, 2)


@pytest.mark.parametrize("stride", [0, 3, -4, 128, 4.0, True, "4", None, 10**400])
def test_strides_that_are_none(stride):
    with pytest.raises(DataError, match="power of two"):
        check_stride(stride)


def test_what_is_right_passes():
    check_names(("a", "b"), 2, "classes")
    check_temperature(2)
    check_scale(2, (1, 2.5), (0.1, 3))
    check_thresholds((0, 1.0, 0.5), 3)
    check_stride(8)
