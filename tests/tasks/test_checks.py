"""A task from a file that anyone could have written is refused in one line."""

import pytest

from opsin.core import DataError
from opsin.tasks.checks import check_names, check_scale, check_temperature


@pytest.mark.parametrize("names", ["ab", ("a",), ("a", 1), ("a", "a"), ["a", "b"], None])
def test_names_that_are_none(names):
    with pytest.raises(DataError) as caught:
        check_names(names, 2, "classes")
    assert "\n" not in str(caught.value) and "expected" in str(caught.value)


def test_the_name_that_stands_twice_is_named():
    with pytest.raises(DataError, match="'dog' stands twice"):
        check_names(("cat", "dog", "dog"), 2, "classes")


@pytest.mark.parametrize("temperature", [0, -1.0, float("nan"), float("inf"), "1", None])
def test_temperatures_that_are_none(temperature):
    with pytest.raises(DataError, match="temperature"):
        check_temperature(temperature)


@pytest.mark.parametrize(
    ("mean", "spread"), [((), ()), ((1.0,), (0.0,)), ((1.0,), (float("nan"),)), ((1.0, 2.0), (1.0,)), (("1",), (1.0,))]
)
def test_scales_that_are_none(mean, spread):
    with pytest.raises(DataError, match="one of each"):
        check_scale(1, mean, spread)


def test_what_is_right_passes():
    check_names(("a", "b"), 2, "classes")
    check_temperature(2)
    check_scale(2, (1, 2.5), (0.1, 3))
