import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.data import BOXES, CLASSES, IDENTITIES, LABELS, NUMBERS, Target
from opsin.data.formats.labels.targets import parse_classes, parse_targets


def meaning(kind=None, **columns):
    return parse_targets(columns, "a.csv", kind, header=1)


def test_text_is_classes_and_text_with_bars_labels():
    assert meaning(label=["b", "a", "b"]).target == Target(CLASSES, ("a", "b"))
    assert meaning(label=["b", "a", "b"]).values == [1, 0, 1]
    several = meaning(label=["a|b", "b", "", "c | a"])
    assert several.target == Target(LABELS, ("a", "b", "c"))
    assert several.values == [[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert meaning(LABELS, label=["a", "b"]).values == [[1, 0], [0, 1]]
    assert meaning(CLASSES, label=["a|b", "c"]).target.names == ("a|b", "c")


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("label", [0, 1, 2] * 4, "classes"),
        ("label", ["0", "1"], "classes"),
        ("label", [str(n) for n in range(100)] * 2, "classes"),
        ("label", [-1, 1, 1, -1], "classes"),
        ("target", [0, 1] * 5, "classes"),
        ("target", [float(n) for n in range(5)] * 4, "classes"),
        ("age", list(range(20, 70)) * 4, "numbers"),
        ("count", list(range(8)), "numbers"),  # none repeats
        ("label", list(range(12)), "numbers"),
        ("target", [0.5, 1, 2, 2], "numbers"),
    ],
)
def test_integers_are_classes_when_few_and_repeated_with_a_note(name, cells, kind):
    found = meaning(**{name: cells})
    assert found.target.kind.word == kind
    if all(float(cell) == int(float(cell)) for cell in cells):
        assert "set the task" in found.notes[0] and "\n" not in found.notes[0]


def test_the_kind_overrides_the_inference():
    assert meaning(NUMBERS, label=["0", "1"]).target == Target(NUMBERS, ("label",))
    assert meaning(CLASSES, age=range(20, 40)).target.kind is CLASSES
    assert meaning(CLASSES, age=["0.5", "1.5"]).target.names == ("0.5", "1.5")
    assert meaning(LABELS, sick=["0", "1"]).target == Target(LABELS, ("sick",))
    with pytest.raises(DataError, match="Expected classes, labels or numbers, not boxes"):
        meaning(BOXES, label=["a", "b"])


def test_names_of_numeric_classes():
    assert meaning(label=["10", "9.0", "9", "10"]).target.names == ("9", "10")
    assert meaning(label=["01", "02", "01", "02"]).target.names == ("01", "02")
    assert meaning(label=["1_2", "2_1", "1_2"]).target.names == ("1_2", "2_1")
    assert parse_classes(["1.0", "nan", "none"]).target.names == ("1.0", "nan", "none")


def test_several_columns():
    labels = meaning(a=[0, 1, 1], b=[1, 1, 0])
    assert labels.target == Target(LABELS, ("a", "b")) and labels.values == [[0, 1], [1, 1], [1, 0]]
    one_hot = meaning(a=["1.0", "0.0"], b=["0.0", "1.0"])
    assert one_hot.target == Target(CLASSES, ("a", "b")) and one_hot.values == [0, 1]
    assert "exactly one 1" in one_hot.notes[0]
    assert meaning(LABELS, a=[1, 0], b=[0, 1]).target.kind is LABELS
    assert meaning(NUMBERS, a=[1, 0], b=[0, 1]).target.kind is NUMBERS
    assert meaning(x=[0.5, 2], y=[1, 2]).values == [[0.5, 1], [2, 2]]
    for kind in (CLASSES, LABELS):
        with pytest.raises(DataError, match=f"do not fit the task {kind.task}"):
            meaning(kind, x=[0.5, 2], y=[1, 2])


@pytest.mark.parametrize(
    ("columns", "kind", "words"),
    [
        ({"label": ["a", "", "b"]}, None, "line 3 has no label"),
        ({"label": ["a", None, "b"]}, None, "line 3 has no label"),
        ({"age": [1.5, float("nan"), 2.5]}, None, "line 3 has no finite age"),
        ({"age": [1.5, 2.5, "inf"]}, None, "line 4 has no finite age"),
        ({"age": ["1", "", "", "4"]}, None, r"line 3 has no finite age \(nor in 1 more rows\)"),
        ({"age": ["1", "old"]}, NUMBERS, "line 3 has 'old' as age"),
        ({"x": ["1", "2"], "y": ["1", "b"]}, None, "line 3 has 'b' as y"),
        ({"x": ["1", ""], "y": ["1", "2"]}, None, "line 3 has no finite x"),
        ({"label": ["", ""]}, LABELS, "no row has a label"),
    ],
)
def test_values_that_do_not_fit_are_one_line_errors_with_the_line(columns, kind, words):
    with pytest.raises(DataError, match=words) as error:
        meaning(kind, **columns)
    assert "\n" not in str(error.value)


def test_rows_of_arrays_are_counted_from_0():
    with pytest.raises(DataError, match=r"arrays: row 1 has no finite target"):
        parse_targets({"target": [1.0, float("nan")]}, "arrays", None)


@given(st.lists(st.text(), min_size=1, max_size=30), st.sampled_from([None, CLASSES, LABELS, NUMBERS, IDENTITIES]))
def test_any_text_is_parsed_or_raises_a_data_error(cells, kind):
    try:
        found = meaning(kind, label=cells)
    except DataError:
        return
    assert len(found.values) == len(cells)
    if found.target.kind.is_class:
        assert {type(value) for value in found.values} == {int}
        assert set(found.values) == set(range(len(found.target.names)))
    else:
        assert {len(value) for value in found.values} == {len(found.target.names)}
