"""Several labels in a cell, and names that only look like it."""

import pytest

from opsin.data.formats.labels.label_lists import is_plural, label_lists

SETS = [["cat", "dog"], ["cat"], ["dog", "bird"], ["bird"], ["bird", "cat"], ["cat", "dog", "bird"]]


@pytest.mark.parametrize("name", ["label", "labels", "Finding Labels", "tags", "animals seen"])
@pytest.mark.parametrize("mark", ["|", ",", ", ", ";", "; ", " | ", "/", " + ", " & ", " "])
def test_labels_with_any_separator(name, mark):
    found = label_lists([mark.join(one) for one in SETS], name)
    assert found is not None and found.rows == SETS


@pytest.mark.parametrize(
    "spell",
    [
        lambda one: str(one),
        lambda one: str(tuple(one)),
        lambda one: "[" + ", ".join(f'"{label}"' for label in one) + "]",
        lambda one: "[" + " ".join(f"'{label}'" for label in one) + "]",
        lambda one: "{" + ",".join(one) + "}",
        lambda one: "[" + ",\n ".join(one) + "]",
    ],
    ids=["python", "tuple", "json", "numpy", "postgres", "lines"],
)
def test_labels_in_lists(spell):
    rows = [*SETS, []] if spell is str else SETS
    found = label_lists([spell(one) for one in rows], "label")
    assert found is not None and found.rows == rows


def test_numbers_as_labels():
    assert label_lists(["16 0", "7 1", "0", "1 0", "16", "7", "1", "7 0"], "Target").rows[0] == ["16", "0"]
    assert label_lists(["[1, 0]", "[3]"], "label").rows == [["1", "0"], ["3"]]
    assert label_lists(["[1 0]", "[3]"], "label").rows == [["1", "0"], ["3"]]


@pytest.mark.parametrize(
    "names",
    [
        ["Paris, France", "Rome, Italy", "Lyon, France"],
        ["golden retriever", "golden eagle", "bald eagle"],
        ["Smith, John", "Miller, Ann"],
        ["AC/DC", "N/A", "on/off"],
        ["rock & roll", "rock", "roll mop"],
        ["black and white", "white"],
        ["T-shirt/top", "Trouser", "Ankle boot"],
        ["(a)", "b"],
    ],
)
def test_names_that_hold_separators_stay_whole(names):
    assert label_lists(names * 4, "label") is None


@pytest.mark.parametrize("name", ["labels", "classes", "Tags", "Categories", "Finding Labels"])
def test_plurals(name):
    assert is_plural(name)


@pytest.mark.parametrize("name", ["label", "class", "species", "category", "glass", "Diagnosis"])
def test_singulars(name):
    assert not is_plural(name)
