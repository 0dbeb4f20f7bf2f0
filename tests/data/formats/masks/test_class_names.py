import json

import pytest

from opsin.core import DataError
from opsin.data.formats.masks.class_names import class_names_of, read_class_names


def read(folder, text, name="classes.txt"):
    (folder / name).write_text(text)
    return read_class_names(folder / name, name)


@pytest.mark.parametrize(
    ("text", "names", "numbered"),
    [
        ("background\ntraffic light\n", {0: "background", 1: "traffic light"}, False),
        ("# ids\n0 background\n7 traffic light\n\n", {0: "background", 7: "traffic light"}, True),
        ("0: background\n7: cat", {0: "background", 7: "cat"}, True),
        ("0,background\n7,cat", {0: "background", 7: "cat"}, True),
        ("\ufeffcat\ndog", {0: "cat", 1: "dog"}, False),
        ("1\n2\n3", {0: "1", 1: "2", 2: "3"}, False),
    ],
)
def test_lines(tmp_path, text, names, numbered):
    found = read(tmp_path, text)
    assert (found.names, found.has_ids, found.colours) == (names, numbered, {})


@pytest.mark.parametrize(
    "text",
    [
        "background 0 0 0\nroad 128 64 128",
        "0 background 0 0 0\n1 road 128 64 128",
        "name,r,g,b\nbackground,0,0,0\nroad,128,64,128",
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\nroad:128,64,128::",
        "0 0 0\tbackground\n128 64 128\troad",
    ],
)
def test_lines_with_colours(tmp_path, text):
    found = read(tmp_path, text)
    assert found.names == {0: "background", 1: "road"} and found.colours == {0: 0, 0x804080: 1}


@pytest.mark.parametrize(
    ("value", "names", "numbered"),
    [
        (["a", "b"], {0: "a", 1: "b"}, False),
        ({"0": "a", "4": "b"}, {0: "a", 4: "b"}, True),
        ({"a": 0, "b": 4}, {0: "a", 4: "b"}, True),
        ([{"id": 0, "name": "a"}, {"id": 4, "name": "b"}], {0: "a", 4: "b"}, True),
    ],
)
def test_json(tmp_path, value, names, numbered):
    found = read(tmp_path, json.dumps(value), "classes.json")
    assert (found.names, found.has_ids) == (names, numbered)


def test_json_with_colours(tmp_path):
    assert read(tmp_path, '{"a": [0, 0, 0], "b": [1, 2, 3]}', "classes.json").colours == {0: 0, 0x010203: 1}
    value = [{"name": "a", "color": [0, 0, 0]}, {"name": "b", "colour": [1, 2, 3]}]
    assert class_names_of(value, "x").colours == {0: 0, 0x010203: 1}


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("", "classes.txt", "names no class"),
        ("0 a\n0 b", "classes.txt", "the id 0 twice"),
        ("a\na", "classes.txt", "names 'a' more than once"),
        ("a 0 0 0\nb 0 0 0", "classes.txt", "the same colour"),
        ("a 0 0 300", "classes.txt", "colour"),
        ("{", "classes.json", "is not valid JSON"),
        ("[" * 100_000, "classes.json", "is not valid JSON"),
        ("3", "classes.json", "holds int"),
        ('{"a": null}', "classes.json", "gives 'a' as 'None'"),
        ('{"a": [1, 2]}', "classes.json", "Expected red, green and blue"),
        ('[{"id": 1}]', "classes.json", "without a name"),
        ("x" * 2_000_000, "classes.txt", "is larger than"),
    ],
)
def test_invalid_files_are_one_line_errors(tmp_path, text, name, words):
    with pytest.raises(DataError, match=words) as error:
        read(tmp_path, text, name)
    assert str(error.value).startswith(name) and "\n" not in str(error.value)


def test_binary_and_missing_files_are_refused(tmp_path):
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not UTF-8 text"):
        read_class_names(tmp_path / "classes.txt", "classes.txt")
    with pytest.raises(DataError, match="cannot be read: no such file"):
        read_class_names(tmp_path / "none.txt", "none.txt")
