"""What is printed can be printed everywhere."""

import io

import pytest

from opsin import keras as ours
from opsin.keras.console import print_safely


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_summary_and_bars_go_to_any_output(describe, images, monkeypatch, encoding):
    content = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(content, encoding=encoding, write_through=True))
    model = ours.Sequential(describe(ours.layers))
    model.summary()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(*images, verbose=1)
    text = content.getvalue().decode(encoding)
    assert "Total params" in text and "1/1" in text and "?" not in text
    assert ("\u2501" in text) is (encoding == "utf-8")


def test_what_has_no_plain_form_is_a_question_mark(monkeypatch):
    content = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(content, encoding="ascii", write_through=True))
    print_safely("M\u00fcller \u2500", end="")
    assert content.getvalue() == b"M?ller -"
