"""Predictions in a notebook: one screen, whatever they hold."""

import re

from opsin.model.prediction_list import PredictionList


def page(rows):
    return re.sub(r"<style>.*</style>", "", PredictionList(rows)._repr_html_(), flags=re.S)


def test_it_is_a_list():
    rows = [{"label": "cat"}]
    assert PredictionList(rows) == rows and PredictionList(rows)[0] is rows[0]


def test_many_rows_and_columns_fit_on_a_screen():
    text = page([{f"p_{number}": number / 7 for number in range(1000)} for _ in range(500)])
    assert "500 predictions" in text and "and 488 more" in text and "and 992 more columns" in text
    assert len(text) < 8000


def test_values_are_short_and_escaped():
    text = page(
        [{"label": "<b>", "boxes": [{"box": [1, 2, 3, 4]}] * 40, "scores": {"a": 0.25, "b": 0.75}, "none": None}]
    )
    assert "&lt;b&gt;" in text and "40 entries" in text and "b 0.75, a 0.25" in text
    assert len(page([{"mask": "x" * 100_000}])) < 300


def test_rows_with_other_columns_and_no_rows():
    assert page([{"a": 1}, {"b": 2}]).count("<th>") == 3
    assert "0 predictions" in page([])
