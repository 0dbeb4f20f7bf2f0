"""Numbers as people of many countries write them, and text that must stay text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.data.formats.labels.cell_values import numbers_of


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,500", "12,000,300", "7"], [1500, 12000300, 7]),
        (["1.500,5", "20"], [1500.5, 20]),
        (["1 500", "12 000,5"], [1500, 12000.5]),
        (["1\u00a0500,25", "1\u202f000"], [1500.25, 1000]),
        (["1'234.5", "12\u2019345"], [1234.5, 12345]),
        (["12,5 %", "3 %"], [12.5, 3]),
        (["12,5", "0,125"], [12.5, 0.125]),
        (["3.5kg", "20kg"], [3.5, 20]),
        (["$1,200.50", "$3"], [1200.5, 3]),
        (["€ 12", "€ 3,50"], [12, 3.5]),
        (["\u22121,5", "2,5"], [-1.5, 2.5]),
        (["1,00,000", "12,34,567"], [100000, 1234567]),
        (["1.234.567", "2.000.000"], [1234567, 2000000]),
        (["", "1,5", "n/a"], [np.nan, 1.5, np.nan]),
        (["1e3", "2.5"], [1000, 2.5]),
        (["37 °C", "36,6 °C"], [37, 36.6]),
    ],
)
def test_spellings_of_numbers(cells, values):
    found = numbers_of(cells)
    assert found is not None
    np.testing.assert_array_equal(found.values, values)


@pytest.mark.parametrize(
    "cells",
    [
        ["1_2", "2_1"], ["1st", "2nd"], ["2020-01-05", "2020-01-06"], ["1.2.3", "1.2.4"], ["a1", "a2"],
        ["10 kg", "500 g"],
        ["cat", "1"], ["12:30", "13:10"], ["1/2", "3/4"], ["20-29", "30-39"], ["1,2,3", "1,5"], ["#1", "#2"],
        ["<5", "<7"],
        ["1,50,0", "2"], ["1.5,000", "2"],
    ],
)  # fmt: skip
def test_text_that_is_no_number(cells):
    assert numbers_of(cells) is None


def test_a_comma_with_three_digits_is_read_by_the_separator_of_the_file():
    cells = ["1,500", "2,250"]
    thousands, decimals = numbers_of(cells), numbers_of(cells, decimal=",")
    assert thousands is not None and thousands.values.tolist() == [1500, 2250]
    assert decimals is not None and decimals.values.tolist() == [1.5, 2.25]


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=9),
    st.integers(1, 4),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u202f", ",")]),
)
def test_numbers_with_decimals_are_read_back_in_every_spelling(integers, places, marks):
    group, decimal = marks
    values = [number / 10**places for number in integers]
    american = [f"{value:,.{places}f}" for value in values]
    cells = [text.replace(",", "\0").replace(".", decimal).replace("\0", group) for text in american]
    if places == 3 and not any(group in cell for cell in cells):
        return  # 1,500 may be either
    found = numbers_of(cells)
    assert found is not None
    np.testing.assert_allclose(found.values, values, rtol=1e-9)
